using System.Text;
using Kobune.ApiServer.Pipeline;
using Kobune.ApiServer.Registry;
using Kobune.Runtime.Metrics;

namespace Kobune.ApiServer.Discovery;

/// <summary>/metrics in Prometheus text form, under upstream's names: this server's, those of components in its process, and the process's own.</summary>
internal sealed class ServerMetrics
{
    private readonly MetricRegistry registry;

    public ServerMetrics(MetricRegistry registry, ResourceCatalog catalog)
    {
        this.registry = registry;
        registry.Observe("apiserver_storage_objects", "Number of stored objects at the time of last check split by kind. In case of a fetching error, the value will be -1.", "gauge", ["group", "resource"],
            () => catalog.Caches.Where(c => c.Count is not null).Select(c => (new[] { c.Storage.Group, c.Storage.QualifiedPlural }, (double)c.Count!)));
        registry.Observe("kubernetes_build_info", "A metric with a constant '1' value labeled by major, minor, git version, platform", "gauge", ["git_version", "major", "minor", "platform"],
            () => [(new[] { ServerVersion.GitVersion, ServerVersion.Major, ServerVersion.Minor, ServerVersion.Platform }, 1)]);
        ProcessMetrics.Register(registry);
    }

    public Task HandleAsync(ApiRequest request)
    {
        var text = new StringBuilder();
        registry.WriteTo(text);
        MetricRegistry.Process.WriteTo(text);
        return Responses.BytesAsync(request, 200, "text/plain; version=0.0.4; charset=utf-8", System.Text.Encoding.UTF8.GetBytes(text.ToString()));
    }
}
