using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.Api.Discovery.V1;

namespace Kobune.ApiServer.Admission.Webhooks;

/// <summary>Where a Service of the cluster is reached from this process: at one of its ready endpoints, or else at its cluster address.</summary>
internal sealed class ServiceResolver(ApiServerServices services)
{
    /// <exception cref="KubeStatusException">404 or 503 in upstream's words.</exception>
    public async ValueTask<(string Host, int Port)> ResolveAsync(string ns, string name, int port, CancellationToken cancellationToken)
    {
        var service = await services.Objects.FindAsync(ResourceInfo.Of<Service>(), ns, name, true, cancellationToken).ConfigureAwait(false) as Service
            ?? throw new KubeStatusException(new Kobune.Api.Meta.V1.Status { Result = "Failure", Code = 404, Reason = StatusReason.NotFound, Message = $"service \"{name}\" not found" });
        if (service.Spec.Type == "ExternalName")
        {
            return (service.Spec.ExternalName, port);
        }

        var wanted = service.Spec.Ports.Find(p => p.Port == port) ?? throw StatusErrors.ServiceUnavailable($"no service port {port} found for service \"{name}\"");
        var slices = await services.Objects.ListAsync(ResourceInfo.Of<EndpointSlice>(), ns, true, cancellationToken).ConfigureAwait(false);
        var choices = new List<(string Host, int Port)>();
        foreach (var slice in slices.Cast<EndpointSlice>().Where(s => s.Metadata.Labels.GetValueOrDefault("kubernetes.io/service-name") == name))
        {
            if (slice.Ports.Find(p => (p.Name ?? "") == wanted.Name)?.Port is { } target)
            {
                choices.AddRange(slice.Endpoints.Where(e => e.Conditions.Ready ?? true).SelectMany(e => e.Addresses).Select(a => (a, target)));
            }
        }

        return choices.Count > 0 ? choices[services.Random.Next(choices.Count)] : throw StatusErrors.ServiceUnavailable($"no endpoints available for service \"{name}\"");
    }
}
