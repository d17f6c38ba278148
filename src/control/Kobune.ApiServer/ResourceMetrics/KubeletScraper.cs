using System.Collections.Concurrent;
using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.ApiServer.Streaming;
using Microsoft.Extensions.Logging;

namespace Kobune.ApiServer.ResourceMetrics;

/// <summary>Reads /metrics/resource of every node's kubelet. A node that does not answer in time is left out.</summary>
internal sealed partial class KubeletScraper(ApiServerServices services) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private readonly KubeletConnections connections = new(services.Options);
    private readonly ILogger logger = services.Loggers.CreateLogger<KubeletScraper>();

    public async Task<UsageSnapshot> ScrapeAsync(CancellationToken cancellationToken)
    {
        var samples = new ConcurrentDictionary<UsageKey, UsageSample>();
        var nodes = await services.Objects.ListAsync(Node.Info, null, false, cancellationToken).ConfigureAwait(false);
        await Task.WhenAll(nodes.Select(n => ScrapeAsync(n.Metadata.Name, samples, cancellationToken))).ConfigureAwait(false);
        return new UsageSnapshot(services.Time.GetUtcNow(), samples);
    }

    public void Dispose() => connections.Dispose();

    private async Task ScrapeAsync(string node, ConcurrentDictionary<UsageKey, UsageSample> samples, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(Patience, services.Time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            var target = await new PodTargets(services.Objects).KubeletAsync(node, "/metrics/resource", "", both.Token).ConfigureAwait(false);
            var text = await connections.ClientFor(target).GetStringAsync(target.Uri, both.Token).ConfigureAwait(false);
            Read(node, text, services.Time.GetUtcNow(), samples);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested && e is HttpRequestException or OperationCanceledException or KubeStatusException)
        {
            LogFailed(node, e.Message);
        }
    }

    /// <summary>Joins the lines of one kubelet into samples.</summary>
    internal static void Read(string node, string text, DateTimeOffset now, ConcurrentDictionary<UsageKey, UsageSample> samples)
    {
        var lines = ExpositionText.Parse(text).ToLookup(l => l.Name, StringComparer.Ordinal);
        var started = Values(lines["container_start_time_seconds"]);
        var memory = Values(lines["container_memory_working_set_bytes"]);
        foreach (var cpu in lines["container_cpu_usage_seconds_total"])
        {
            var key = KeyOf(cpu);
            samples[key] = new UsageSample(cpu.Value, memory.GetValueOrDefault(key), cpu.At ?? now,
                started.TryGetValue(key, out var start) ? DateTimeOffset.FromUnixTimeMilliseconds((long)(start * 1000)) : null);
        }

        foreach (var cpu in lines["node_cpu_usage_seconds_total"])
        {
            var used = lines["node_memory_working_set_bytes"].FirstOrDefault();
            samples[new UsageKey(node, "", "", "")] = new UsageSample(cpu.Value, used?.Value ?? 0, cpu.At ?? now, null);
        }

        Dictionary<UsageKey, double> Values(IEnumerable<MetricLine> of) => of.GroupBy(KeyOf).ToDictionary(g => g.Key, g => g.Last().Value);

        UsageKey KeyOf(MetricLine line) => new(
            node, line.Labels.GetValueOrDefault("namespace", ""), line.Labels.GetValueOrDefault("pod", ""), line.Labels.GetValueOrDefault("container", ""));
    }

    [LoggerMessage(EventId = 3301, Level = LogLevel.Debug, Message = "No resource metrics of node {Node}: {Reason}")]
    private partial void LogFailed(string node, string reason);
}
