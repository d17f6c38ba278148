using System.Text.Json;
using Kobune.Kubelet.Pods;
using Kobune.Kubelet.Probes;
using Microsoft.AspNetCore.Http;

namespace Kobune.Kubelet.Server;

/// <summary>The kubelet's paths. The order in which they stand here is the whole routing table.</summary>
internal sealed class Routes(PodManager pods, ContainerLogs logs, RemoteCommands commands, Statistics statistics, CadvisorMetrics cadvisor, ProbeCounts probes, KubeletOptions options)
{
    public Task HandleAsync(HttpContext context)
    {
        return WithoutUid((context.Request.Path.Value ?? "").Split('/', StringSplitOptions.RemoveEmptyEntries)) switch
        {
            ["healthz"] or ["healthz", _] => context.Response.WriteAsync("ok"),
            ["pods"] or ["runningpods"] => PodsAsync(context),
            ["containerLogs", var ns, var pod, var container] => logs.WriteAsync(context, ns, pod, container),
            ["exec", var ns, var pod, var container] => commands.ExecAsync(context, ns, pod, container),
            ["attach", var ns, var pod, var container] => commands.AttachAsync(context, ns, pod, container),
            ["portForward", var ns, var pod] => commands.PortForwardAsync(context, ns, pod),
            ["run", var ns, var pod, var container] => commands.RunAsync(context, ns, pod, container),
            ["stats", "summary"] or ["stats"] => statistics.SummaryAsync(context),
            ["metrics", "resource"] => statistics.ResourceMetricsAsync(context),
            ["metrics", "cadvisor"] => MetricsAsync(context),
            ["metrics", "probes"] => ProbesAsync(context),
            ["configz"] => ConfigAsync(context),
            ["logs", .. var path] => NodeLogs.WriteAsync(context, Path.GetDirectoryName(options.PodLogDirectory.TrimEnd('/'))!, string.Join('/', path)),
            ["metrics"] => statistics.OwnMetricsAsync(context),
            _ => throw new HttpFailure(404, "404 page not found"),
        };
    }

    private async Task MetricsAsync(HttpContext context)
    {
        context.Response.ContentType = Statistics.TextFormat;
        await context.Response.WriteAsync(await cadvisor.WriteAsync(context.RequestAborted), context.RequestAborted);
    }

    private Task ProbesAsync(HttpContext context)
    {
        var text = new MetricText();
        text.Family("prober_probe_total", "counter", "Cumulative number of a liveness, readiness or startup probe for a container by result.");
        foreach (var (probe, count) in probes.All)
        {
            text.Sample(
                "prober_probe_total",
                [("container", probe.Container), ("namespace", probe.Namespace), ("pod", probe.Pod), ("pod_uid", probe.Uid), ("probe_type", probe.Kind.ToString()), ("result", probe.Ok ? "successful" : "failed")],
                count);
        }

        context.Response.ContentType = Statistics.TextFormat;
        return context.Response.WriteAsync(text.ToString(), context.RequestAborted);
    }

    private Task ConfigAsync(HttpContext context)
    {
        context.Response.ContentType = "application/json";
        return context.Response.Body.WriteAsync(ConfigPage.Write(options), context.RequestAborted).AsTask();
    }

    /// <summary>A Pod may be named with its uid behind the name, which then says nothing more.</summary>
    private static string[] WithoutUid(string[] steps) => steps switch
    {
        ["exec" or "attach" or "run", var ns, var pod, _, var container] => [steps[0], ns, pod, container],
        ["portForward", var ns, var pod, _] => [steps[0], ns, pod],
        _ => steps,
    };

    private async Task PodsAsync(HttpContext context)
    {
        context.Response.ContentType = "application/json";
        await using var writer = new Utf8JsonWriter(context.Response.Body);
        writer.WriteStartObject();
        writer.WriteString("kind", "PodList");
        writer.WriteString("apiVersion", "v1");
        writer.WriteStartObject("metadata");
        writer.WriteEndObject();
        writer.WriteStartArray("items");
        foreach (var worker in pods.Workers)
        {
            var pod = worker.Pod.Pod.Clone();
            pod.Status = worker.Status ?? pod.Status;
            pod.WriteJson(writer);
            await writer.FlushAsync(context.RequestAborted);
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }
}
