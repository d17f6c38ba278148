using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.Api.Metrics.V1Beta1;
using Kobune.ApiServer.Registry;

namespace Kobune.ApiServer.ResourceMetrics;

/// <summary>PodMetrics: what the containers of running Pods use. A Pod without measurements is left out, as upstream does.</summary>
internal sealed class PodMetricsSource(ApiServerServices services, UsageHistory history) : IComputedResource
{
    public async ValueTask<IReadOnlyList<KubeObject>> ReadAsync(string ns, string? name, CancellationToken cancellationToken)
    {
        var (latest, earlier) = await history.ReadAsync(cancellationToken).ConfigureAwait(false);
        var used = latest.Keys.Where(k => k.Pod.Length > 0).ToLookup(k => (k.Namespace, k.Pod));
        IReadOnlyList<KubeObject> pods = name is null
            ? await services.Objects.ListAsync(Pod.Info, ns.Length > 0 ? ns : null, false, cancellationToken).ConfigureAwait(false)
            : await services.Objects.FindAsync(Pod.Info, ns, name, false, cancellationToken).ConfigureAwait(false) is { } one ? [one] : [];
        var result = new List<KubeObject>();
        foreach (var pod in pods.Select(o => (Pod)o).Where(p => p.Status.Phase == "Running"))
        {
            var containers = used[(pod.Metadata.Namespace, pod.Metadata.Name)].OrderBy(k => k.Container, StringComparer.Ordinal)
                .Select(k => (k.Container, Usage: latest.Since(earlier, k))).ToArray();
            if (containers.Length > 0 && Array.TrueForAll(containers, c => c.Usage is not null))
            {
                result.Add(Metrics(pod, containers!));
            }
        }

        return result;
    }

    public KubeStatusException NotFound(string ns, string name) => MetricsErrors.NotFound("podmetrics", $"{ns}/{name}");

    private PodMetrics Metrics(Pod pod, (string Container, Usage Usage)[] containers)
    {
        var metrics = new PodMetrics
        {
            Timestamp = containers.Max(c => c.Usage.At),
            Window = containers.Max(c => c.Usage.Window),
            Containers = [.. containers.Select(c => new ContainerMetrics { Name = c.Container, Usage = c.Usage.ToResources() })],
        };
        metrics.Metadata.Name = pod.Metadata.Name;
        metrics.Metadata.Namespace = pod.Metadata.Namespace;
        metrics.Metadata.Labels = new Dictionary<string, string>(pod.Metadata.Labels, StringComparer.Ordinal);
        metrics.Metadata.CreationTimestamp = services.Time.GetUtcNow();
        return metrics;
    }
}
