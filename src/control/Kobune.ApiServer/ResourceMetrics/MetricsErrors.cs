using Kobune.Api;

namespace Kobune.ApiServer.ResourceMetrics;

/// <summary>Errors in metrics-server's words: it names its resources by kind, not by the plural in the path.</summary>
internal static class MetricsErrors
{
    public static KubeStatusException NotFound(string resource, string name)
    {
        var error = StatusErrors.NotFound(Kobune.Api.Metrics.V1Beta1.PodMetrics.Info, name);
        error.Status.Message = $"{resource}.metrics.k8s.io \"{name}\" not found";
        error.Status.Details!.Kind = resource;
        return error;
    }
}
