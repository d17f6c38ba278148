using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.Api.Metrics.V1Beta1;
using Kobune.ApiServer.Registry;

namespace Kobune.ApiServer.ResourceMetrics;

/// <summary>NodeMetrics: what whole nodes use.</summary>
internal sealed class NodeMetricsSource(ApiServerServices services, UsageHistory history) : IComputedResource
{
    public async ValueTask<IReadOnlyList<KubeObject>> ReadAsync(string ns, string? name, CancellationToken cancellationToken)
    {
        var (latest, earlier) = await history.ReadAsync(cancellationToken).ConfigureAwait(false);
        var nodes = await services.Objects.ListAsync(Node.Info, null, false, cancellationToken).ConfigureAwait(false);
        var result = new List<KubeObject>();
        foreach (var node in nodes.Where(n => name is null || n.Metadata.Name == name))
        {
            if (latest.Since(earlier, new UsageKey(node.Metadata.Name, "", "", "")) is { } usage)
            {
                var metrics = new NodeMetrics { Timestamp = usage.At, Window = usage.Window, Usage = usage.ToResources() };
                metrics.Metadata.Name = node.Metadata.Name;
                metrics.Metadata.Labels = new Dictionary<string, string>(node.Metadata.Labels, StringComparer.Ordinal);
                metrics.Metadata.CreationTimestamp = services.Time.GetUtcNow();
                result.Add(metrics);
            }
        }

        return result;
    }

    public KubeStatusException NotFound(string ns, string name) => MetricsErrors.NotFound("nodemetrics", name);
}
