using Kobune.Api;
using Kobune.Api.Autoscaling.V1;
using Kobune.Client;
using Kobune.Controllers.Resources;

namespace Kobune.Controllers.Autoscaling;

/// <summary>Reads and writes the scale subresource of whatever kind has one.</summary>
internal sealed class ScaleTargets(ResourceCatalog catalog, IKubeClient client)
{
    /// <exception cref="InvalidOperationException">no such kind, or it has no scale</exception>
    /// <exception cref="KubeStatusException">the API server says no</exception>
    public async Task<(ResourceInfo Resource, Scale Scale)> GetAsync(string ns, Api.Autoscaling.V2.CrossVersionObjectReference target, CancellationToken cancellationToken)
    {
        var resource = catalog.Find(target.ApiVersion, target.Kind)
            ?? throw new InvalidOperationException($"no matches for kind \"{target.Kind}\" in group \"{GroupOf(target.ApiVersion)}\"");
        var root = resource.Group.Length == 0 ? "/api/" : "/apis/";
        var path = $"{root}{resource.ApiVersion}/namespaces/{ns}/{resource.Plural}/{target.Name}/scale";
        return (resource, KubeJson.Read<Scale>(await client.GetRawAsync(path, cancellationToken)));
    }

    public Task SetAsync(ResourceInfo resource, Scale scale, int replicas, CancellationToken cancellationToken)
    {
        var wanted = scale.Clone();
        wanted.Spec.Replicas = replicas;
        return client.UpdateAsync(resource, wanted, new WriteOptions { Subresource = "scale" }, cancellationToken);
    }

    private static string GroupOf(string apiVersion) => apiVersion.Contains('/', StringComparison.Ordinal) ? apiVersion[..apiVersion.IndexOf('/', StringComparison.Ordinal)] : "";
}
