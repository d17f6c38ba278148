using System.Globalization;
using System.Text;
using System.Text.Json;
using Kobune.Cri;
using Kobune.Kubelet.Formats;
using Kobune.Kubelet.Pods;
using Kobune.Kubelet.Runtime;
using Microsoft.AspNetCore.Http;
using V1 = Kobune.Cri.V1;

namespace Kobune.Kubelet.Server;

/// <summary>/stats/summary and /metrics/resource from the runtime's own measurements; /metrics of the process.</summary>
internal sealed class Statistics(PodManager pods, ICriRuntime runtime, MachineFacts machine, KubeletOptions options)
{
    /// <summary>The content type of Prometheus' text format.</summary>
    public const string TextFormat = "text/plain; version=0.0.4; charset=utf-8";

    public async Task SummaryAsync(HttpContext context)
    {
        var stats = await ReadAsync(context.RequestAborted);
        var now = options.Time.GetUtcNow();
        context.Response.ContentType = "application/json";
        await using var json = new Utf8JsonWriter(context.Response.Body);
        json.WriteStartObject();
        json.WriteStartObject("node");
        json.WriteString("nodeName", options.NodeName);
        Usage(json, now, NodeCpuNanoseconds(), (ulong)NodeMemoryUsed());
        var drive = new DriveInfo(options.RootDirectory);
        json.WriteStartObject("fs");
        json.WriteString("time", GoTime.Rfc3339Nano(now));
        json.WriteNumber("availableBytes", drive.AvailableFreeSpace);
        json.WriteNumber("capacityBytes", drive.TotalSize);
        json.WriteNumber("usedBytes", drive.TotalSize - drive.TotalFreeSpace);
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteStartArray("pods");
        foreach (var pod in stats.GroupBy(s => (Uid: Label(s, RuntimeLabels.PodUid), Name: Label(s, RuntimeLabels.PodName), Namespace: Label(s, RuntimeLabels.PodNamespace))))
        {
            WritePod(json, pod.Key.Name, pod.Key.Namespace, pod.Key.Uid, [.. pod], now);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    public async Task ResourceMetricsAsync(HttpContext context)
    {
        var stats = await ReadAsync(context.RequestAborted);
        var text = new StringBuilder();
        Family(text, "container_cpu_usage_seconds_total", "counter", "Cumulative cpu time consumed by the container in core-seconds");
        foreach (var s in stats)
        {
            Sample(text, "container_cpu_usage_seconds_total", Labels(s), (s.Cpu?.UsageCoreNanoSeconds?.Value ?? 0) / 1e9, s.Cpu?.Timestamp ?? 0);
        }

        Family(text, "container_memory_working_set_bytes", "gauge", "Current working set of the container in bytes");
        foreach (var s in stats)
        {
            Sample(text, "container_memory_working_set_bytes", Labels(s), s.Memory?.WorkingSetBytes?.Value ?? 0, s.Memory?.Timestamp ?? 0);
        }

        Family(text, "container_start_time_seconds", "gauge", "Start time of the container since unix epoch in seconds");
        var started = pods.Workers.SelectMany(w => w.Seen.Containers).Where(c => c is { Alive: true, StartedAt: not null }).ToDictionary(c => c.Id, c => c.StartedAt!.Value, StringComparer.Ordinal);
        foreach (var s in stats.Where(s => started.ContainsKey(s.Attributes.Id)))
        {
            Sample(text, "container_start_time_seconds", Labels(s), started[s.Attributes.Id].ToUnixTimeMilliseconds() / 1000.0, 0);
        }

        Family(text, "node_cpu_usage_seconds_total", "counter", "Cumulative cpu time consumed by the node in core-seconds");
        Sample(text, "node_cpu_usage_seconds_total", "", NodeCpuNanoseconds() / 1e9, 0);
        Family(text, "node_memory_working_set_bytes", "gauge", "Current working set of the node in bytes");
        Sample(text, "node_memory_working_set_bytes", "", NodeMemoryUsed(), 0);
        var byPod = stats.GroupBy(s => $"{{namespace=\"{Label(s, RuntimeLabels.PodNamespace)}\",pod=\"{Label(s, RuntimeLabels.PodName)}\"}}").ToArray();
        Family(text, "pod_cpu_usage_seconds_total", "counter", "Cumulative cpu time consumed by the pod in core-seconds");
        foreach (var pod in byPod)
        {
            Sample(text, "pod_cpu_usage_seconds_total", pod.Key, pod.Sum(s => (s.Cpu?.UsageCoreNanoSeconds?.Value ?? 0) / 1e9), pod.Max(s => s.Cpu?.Timestamp ?? 0));
        }

        Family(text, "pod_memory_working_set_bytes", "gauge", "Current working set of the pod in bytes");
        foreach (var pod in byPod)
        {
            Sample(text, "pod_memory_working_set_bytes", pod.Key, pod.Sum(s => (double)(s.Memory?.WorkingSetBytes?.Value ?? 0)), pod.Max(s => s.Memory?.Timestamp ?? 0));
        }

        Family(text, "resource_scrape_error", "gauge", "1 if there was an error while getting container metrics, 0 otherwise");
        Sample(text, "resource_scrape_error", "", 0, 0);
        await TextAsync(context, text);
    }

    public Task OwnMetricsAsync(HttpContext context)
    {
        var text = new StringBuilder();
        Family(text, "kubelet_running_pods", "gauge", "Number of pods that have a running pod sandbox");
        Sample(text, "kubelet_running_pods", "", pods.Workers.Count(w => w.Seen.ReadySandbox is not null), 0);
        Family(text, "kubelet_running_containers", "gauge", "Number of containers currently running");
        Sample(text, "kubelet_running_containers", "{container_state=\"running\"}", pods.Workers.Sum(w => w.Seen.Containers.Count(c => c.Alive)), 0);
        Family(text, "kubelet_node_name", "gauge", "The node's name. The count is always 1.");
        Sample(text, "kubelet_node_name", $"{{node=\"{options.NodeName}\"}}", 1, 0);
        Family(text, "process_resident_memory_bytes", "gauge", "Resident memory size in bytes.");
        Sample(text, "process_resident_memory_bytes", "", Environment.WorkingSet, 0);
        return TextAsync(context, text);
    }

    /// <summary>Only containers of Pods, and of those only the newest instance of each.</summary>
    private async Task<IReadOnlyList<V1.ContainerStats>> ReadAsync(CancellationToken cancellation)
    {
        var running = pods.Workers.SelectMany(w => w.Seen.Containers).Where(c => c.Alive).Select(c => c.Id).ToHashSet(StringComparer.Ordinal);
        return [.. (await runtime.ListContainerStatsAsync(null, cancellation)).Where(s => running.Contains(s.Attributes.Id))];
    }

    private static void WritePod(Utf8JsonWriter json, string name, string ns, string uid, V1.ContainerStats[] stats, DateTimeOffset now)
    {
        json.WriteStartObject();
        json.WriteStartObject("podRef");
        json.WriteString("name", name);
        json.WriteString("namespace", ns);
        json.WriteString("uid", uid);
        json.WriteEndObject();
        json.WriteStartArray("containers");
        foreach (var s in stats)
        {
            json.WriteStartObject();
            json.WriteString("name", Label(s, RuntimeLabels.ContainerName));
            Usage(json, now, s.Cpu?.UsageCoreNanoSeconds?.Value ?? 0, s.Memory?.WorkingSetBytes?.Value ?? 0);
            if (s.WritableLayer is { } layer)
            {
                json.WriteStartObject("rootfs");
                json.WriteNumber("usedBytes", layer.UsedBytes?.Value ?? 0);
                json.WriteNumber("inodesUsed", layer.InodesUsed?.Value ?? 0);
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        Usage(json, now,
            stats.Aggregate(0UL, (sum, s) => sum + (s.Cpu?.UsageCoreNanoSeconds?.Value ?? 0)),
            stats.Aggregate(0UL, (sum, s) => sum + (s.Memory?.WorkingSetBytes?.Value ?? 0)));
        json.WriteEndObject();
    }

    private static void Usage(Utf8JsonWriter json, DateTimeOffset now, ulong cpuNanoseconds, ulong workingSet)
    {
        json.WriteStartObject("cpu");
        json.WriteString("time", GoTime.Rfc3339Nano(now));
        json.WriteNumber("usageCoreNanoSeconds", cpuNanoseconds);
        json.WriteEndObject();
        json.WriteStartObject("memory");
        json.WriteString("time", GoTime.Rfc3339Nano(now));
        json.WriteNumber("workingSetBytes", workingSet);
        json.WriteEndObject();
    }

    private static string Label(V1.ContainerStats stats, string name) => stats.Attributes.Labels.TryGetValue(name, out var value) ? value : "";

    private static string Labels(V1.ContainerStats s) =>
        $"{{container=\"{Label(s, RuntimeLabels.ContainerName)}\",namespace=\"{Label(s, RuntimeLabels.PodNamespace)}\",pod=\"{Label(s, RuntimeLabels.PodName)}\"}}";

    private static void Family(StringBuilder text, string name, string type, string help) =>
        text.Append("# HELP ").Append(name).Append(' ').Append(help).Append('\n').Append("# TYPE ").Append(name).Append(' ').Append(type).Append('\n');

    private static void Sample(StringBuilder text, string name, string labels, double value, long nanoseconds)
    {
        text.Append(name).Append(labels).Append(' ').Append(value.ToString("R", CultureInfo.InvariantCulture));
        if (nanoseconds > 0)
        {
            text.Append(' ').Append(nanoseconds / 1_000_000);
        }

        text.Append('\n');
    }

    private static Task TextAsync(HttpContext context, StringBuilder text)
    {
        context.Response.ContentType = TextFormat;
        return context.Response.WriteAsync(text.ToString(), context.RequestAborted);
    }

    /// <summary>Busy time of all cores: user, nice, system, irq, softirq, in ticks of 10 ms.</summary>
    private static ulong NodeCpuNanoseconds()
    {
        var fields = File.ReadLines("/proc/stat").First().Split(' ', StringSplitOptions.RemoveEmptyEntries);
        ulong ticks = 0;
        foreach (var i in (ReadOnlySpan<int>)[1, 2, 3, 6, 7])
        {
            ticks += ulong.Parse(fields[i], CultureInfo.InvariantCulture);
        }

        return ticks * 10_000_000;
    }

    private long NodeMemoryUsed()
    {
        foreach (var line in File.ReadLines("/proc/meminfo"))
        {
            if (line.StartsWith("MemAvailable:", StringComparison.Ordinal))
            {
                return machine.MemoryBytes - (long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024);
            }
        }

        return 0;
    }
}
