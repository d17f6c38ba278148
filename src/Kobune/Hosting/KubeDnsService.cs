using System.Net;
using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.ApiServer;
using Kobune.Client;

namespace Kobune.Hosting;

/// <summary>
/// The Service through which Pods reach the cluster's DNS: the tenth address of the service range. It selects nothing; each
/// node's DNS server adds itself as an endpoint, and traffic stays on the node.
/// </summary>
internal static class KubeDnsService
{
    public const string Namespace = "kube-system";
    public const string Name = "kube-dns";

    private const int Offset = 10;

    public static async Task EnsureAsync(ApiServerServices services, CancellationToken cancellationToken)
    {
        if (await services.Client.FindAsync<Service>(Namespace, Name, cancellationToken) is not null)
        {
            return;
        }
        try
        {
            await services.Client.CreateAsync(Make(services.Options.ServiceNetwork), null, cancellationToken);
        }
        catch (KubeStatusException e) when (e.IsAlreadyExists)
        {
            // Another server was faster.
        }
    }

    private static Service Make(IPNetwork network)
    {
        var bytes = network.BaseAddress.GetAddressBytes();
        bytes[^1] += Offset;
        var address = new IPAddress(bytes).ToString();
        return new Service
        {
            Metadata =
            {
                Name = Name,
                Namespace = Namespace,
                Labels =
                {
                    ["k8s-app"] = Name,
                    ["kubernetes.io/cluster-service"] = "true",
                    // The name that tools look for, and that kubectl cluster-info prints.
                    ["kubernetes.io/name"] = "CoreDNS",
                },
            },
            Spec =
            {
                ClusterIP = address,
                ClusterIPs = [address],
                InternalTrafficPolicy = "Local",
                Ports =
                [
                    new ServicePort { Name = "dns", Protocol = "UDP", Port = 53, TargetPort = Dns.DnsOptions.DefaultPort },
                    new ServicePort { Name = "dns-tcp", Protocol = "TCP", Port = 53, TargetPort = Dns.DnsOptions.DefaultPort },
                ],
            },
        };
    }
}
