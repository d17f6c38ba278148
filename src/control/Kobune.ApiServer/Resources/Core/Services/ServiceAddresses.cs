using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.Api.Networking.V1;
using Kobune.Client;

namespace Kobune.ApiServer.Resources.Core.Services;

/// <summary>The IPAddress objects that stand for Services' addresses. Creating one is what takes the address: two servers cannot both succeed.</summary>
internal static class ServiceAddresses
{
    public const string ManagedBy = "ipaddress.kubernetes.io/managed-by";
    public const string Manager = "ipallocator.k8s.io";
    private const string Family = "ipaddress.kubernetes.io/ip-family";

    public static IPAddress Of(string address, Service service)
    {
        var result = new IPAddress { Spec = new() { ParentRef = new() { Group = "", Resource = "services", Namespace = service.Metadata.Namespace, Name = service.Metadata.Name } } };
        result.Metadata.Name = address;
        result.Metadata.Labels[Family] = address.Contains(':', StringComparison.Ordinal) ? "IPv6" : "IPv4";
        result.Metadata.Labels[ManagedBy] = Manager;
        return result;
    }

    public static bool IsOf(IPAddress address, Service service) =>
        address.Spec.ParentRef is { Resource: "services" } parent && parent.Namespace == service.Metadata.Namespace && parent.Name == service.Metadata.Name;

    public static async Task DeleteAsync(IKubeClient client, string address, CancellationToken cancellationToken)
    {
        try
        {
            await client.DeleteAsync<IPAddress>(null, address, cancellationToken: cancellationToken).ConfigureAwait(false);
        }
        catch (KubeStatusException e) when (e.IsNotFound)
        {
            // Somebody else gave it back.
        }
    }
}
