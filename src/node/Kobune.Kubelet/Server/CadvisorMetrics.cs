using Kobune.Cri;
using Kobune.Cri.Grpc;
using Kobune.Kubelet.Pods;
using Kobune.Kubelet.Pods.Decision;
using Kobune.Kubelet.Resources;
using Kobune.Kubelet.Runtime;
using V1 = Kobune.Cri.V1;

namespace Kobune.Kubelet.Server;

/// <summary>/metrics/cadvisor: the names and labels that dashboards expect, filled from the runtime's measurements.</summary>
internal sealed class CadvisorMetrics(PodManager pods, ICriRuntime runtime, MachineFacts machine)
{
    public async Task<string> WriteAsync(CancellationToken cancellation)
    {
        var running = pods.Workers.SelectMany(w => w.Seen.Containers.Where(c => c.Alive).Select(c => (Worker: w, Container: c))).ToDictionary(c => c.Container.Id, StringComparer.Ordinal);
        var stats = (await runtime.ListContainerStatsAsync(null, cancellation)).Where(s => running.ContainsKey(s.Attributes.Id)).Select(s => (Stats: s, running[s.Attributes.Id].Worker, running[s.Attributes.Id].Container)).ToArray();
        var text = new MetricText();
        text.Family("machine_cpu_cores", "gauge", "Number of logical CPU cores.");
        text.Sample("machine_cpu_cores", [], machine.Cpus);
        text.Family("machine_memory_bytes", "gauge", "Amount of memory installed on the machine.");
        text.Sample("machine_memory_bytes", [], machine.MemoryBytes);
        Write("container_cpu_usage_seconds_total", "counter", "Cumulative cpu time consumed in seconds.", s => (s.Cpu?.UsageCoreNanoSeconds?.Value ?? 0) / 1e9, [("cpu", "total")]);
        Write("container_memory_working_set_bytes", "gauge", "Current working set in bytes.", s => s.Memory?.WorkingSetBytes?.Value ?? 0);
        Write("container_memory_usage_bytes", "gauge", "Current memory usage in bytes, including all memory regardless of when it was accessed.", s => s.Memory?.UsageBytes?.Value ?? 0);
        Write("container_memory_rss", "gauge", "Size of RSS in bytes.", s => s.Memory?.RssBytes?.Value ?? 0);
        Write("container_fs_usage_bytes", "gauge", "Number of bytes that are consumed by the container on this filesystem.", s => s.WritableLayer?.UsedBytes?.Value ?? 0);
        Write("container_fs_inodes_total", "gauge", "Number of inodes in use by the container.", s => s.WritableLayer?.InodesUsed?.Value ?? 0);
        Spec("container_start_time_seconds", "Start time of the container since unix epoch in seconds.", (_, c) => (c.StartedAt ?? c.CreatedAt).ToUnixTimeMilliseconds() / 1000.0);
        Spec("container_last_seen", "Last time a container was seen by the exporter.", (_, _) => DateTimeOffset.UnixEpoch.AddTicks(stats.Max(s => s.Stats.Cpu?.Timestamp ?? 0) / 100).ToUnixTimeSeconds());
        Spec("container_spec_memory_limit_bytes", "Memory limit for the container.", (w, c) => Of(w, c)?.MemoryLimitInBytes ?? 0);
        Spec("container_spec_cpu_shares", "CPU share of the container.", (w, c) => Of(w, c)?.CpuShares ?? 0);
        Spec("container_spec_cpu_quota", "CPU quota of the container.", (w, c) => Of(w, c)?.CpuQuota ?? 0);
        Spec("container_spec_cpu_period", "CPU period of the container.", (w, c) => Of(w, c)?.CpuPeriod ?? 0);
        await NetworkAsync(text, cancellation);
        return text.ToString();

        void Write(string name, string type, string help, Func<V1.ContainerStats, double> value, (string, string)[]? more = null)
        {
            text.Family(name, type, help);
            foreach (var (s, worker, container) in stats)
            {
                text.Sample(name, [.. Labels(worker, container), .. more ?? []], value(s), s.Cpu?.Timestamp ?? 0);
            }
        }

        void Spec(string name, string help, Func<PodWorker, ObservedContainer, double> value)
        {
            text.Family(name, "gauge", help);
            foreach (var (_, worker, container) in stats)
            {
                text.Sample(name, Labels(worker, container), value(worker, container));
            }
        }
    }

    private V1.LinuxContainerResources? Of(PodWorker worker, ObservedContainer container) =>
        worker.Pod.Find(container.Name) is { } spec ? ContainerResources.Build(worker.Pod.Pod, spec.Container, machine.MemoryBytes, mayLowerOomScore: false) : null;

    private static (string, string)[] Labels(PodWorker worker, ObservedContainer container) =>
    [
        ("container", container.Name), ("id", $"{PodCgroupNames.Parent("", worker.Pod.Pod)}/{container.Id}"), ("image", container.Image),
        ("name", container.Id), ("namespace", worker.Pod.Namespace), ("pod", worker.Pod.Name),
    ];

    /// <summary>Traffic belongs to the sandbox, whose container name is empty.</summary>
    private async Task NetworkAsync(MetricText text, CancellationToken cancellation)
    {
        IReadOnlyList<V1.PodSandboxStats> sandboxes;
        try
        {
            sandboxes = await runtime.ListPodSandboxStatsAsync(null, cancellation);
        }
        catch (RpcException)
        {
            // Older runtimes do not measure sandboxes.
            return;
        }

        var interfaces = sandboxes.Where(s => s.Linux?.Network?.DefaultInterface is not null).Select(s => (s.Attributes, Interface: s.Linux.Network.DefaultInterface)).ToArray();
        Write("container_network_receive_bytes_total", "Cumulative count of bytes received", i => i.RxBytes?.Value ?? 0);
        Write("container_network_receive_errors_total", "Cumulative count of errors encountered while receiving", i => i.RxErrors?.Value ?? 0);
        Write("container_network_transmit_bytes_total", "Cumulative count of bytes transmitted", i => i.TxBytes?.Value ?? 0);
        Write("container_network_transmit_errors_total", "Cumulative count of errors encountered while transmitting", i => i.TxErrors?.Value ?? 0);

        void Write(string name, string help, Func<V1.NetworkInterfaceUsage, double> value)
        {
            text.Family(name, "counter", help);
            foreach (var (about, used) in interfaces)
            {
                text.Sample(name, [("id", about.Id), ("interface", used.Name), ("namespace", about.Metadata.Namespace), ("pod", about.Metadata.Name)], value(used));
            }
        }
    }
}
