using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.Api.Networking.V1;
using Kobune.ApiServer.Admission.Plugins;
using Kobune.ApiServer.Resources.Core.Services;
using Kobune.Client;

namespace Kobune.ApiServer.Bootstrap;

/// <summary>
/// The ServiceCIDR "kubernetes", which is the range that the server was started with, and an IPAddress for every address
/// that a Service has: those of Services from before, and none of Services that are gone.
/// </summary>
internal sealed class ServiceRange(ApiServerServices services)
{
    public const string DefaultName = "kubernetes";
    public const string Finalizer = "networking.k8s.io/service-cidr-finalizer";

    public async Task EnsureAsync(CancellationToken cancellationToken)
    {
        await EnsureDefaultAsync(cancellationToken).ConfigureAwait(false);
        var present = (await services.Objects.ListAsync<Kobune.Api.Networking.V1.IPAddress>(null, cancellationToken, fresh: true).ConfigureAwait(false)).ToDictionary(a => a.Metadata.Name, StringComparer.Ordinal);
        foreach (var service in await services.Objects.ListAsync<Service>(null, cancellationToken, fresh: true).ConfigureAwait(false))
        {
            foreach (var address in service.Spec.ClusterIPs.Where(a => System.Net.IPAddress.TryParse(a, out _)))
            {
                if (!present.Remove(address))
                {
                    await PostStartHooks.IfAbsentAsync(services.Client.CreateAsync(ServiceAddresses.Of(address, service), null, cancellationToken)).ConfigureAwait(false);
                }
            }
        }

        foreach (var orphan in present.Values.Where(a => a.Metadata.Labels.GetValueOrDefault(ServiceAddresses.ManagedBy) == ServiceAddresses.Manager))
        {
            await ServiceAddresses.DeleteAsync(services.Client, orphan.Metadata.Name, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task EnsureDefaultAsync(CancellationToken cancellationToken)
    {
        if (await services.Objects.FindAsync(ServiceCIDR.Info, null, DefaultName, cancellationToken: cancellationToken).ConfigureAwait(false) is not ServiceCIDR range)
        {
            range = new ServiceCIDR { Metadata = new() { Name = DefaultName }, Spec = new() { Cidrs = [services.Options.ServiceNetwork.ToString()] } };
            range = (await services.Client.CreateAsync(range, null, cancellationToken).ConfigureAwait(false)).Clone();
        }

        if (!range.Status.Conditions.Exists(c => c is { Type: "Ready", Status: "True" }) && range.Metadata.DeletionTimestamp is null)
        {
            range = range.Clone();
            range.Metadata.ResourceVersion = "";
            range.Status.Conditions.RemoveAll(c => c.Type == "Ready");
            range.Status.Conditions.Add(new() { Type = "Ready", Status = "True", Reason = "", Message = "Kubernetes default Service CIDR is ready", LastTransitionTime = services.Time.GetUtcNow() });
            await services.Client.UpdateStatusAsync(range, cancellationToken: cancellationToken).ConfigureAwait(false);
        }
    }
}
