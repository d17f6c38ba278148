using System.Net;
using System.Net.Sockets;
using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.Api.Discovery.V1;
using Kobune.Client;

namespace Kobune.ApiServer.Bootstrap;

/// <summary>The Service "kubernetes" in "default", through which Pods reach this server, with its Endpoints and EndpointSlice.</summary>
internal sealed class KubernetesService(ApiServerServices services)
{
    private const string Name = "kubernetes";
    private const string Namespace = "default";

    public async Task EnsureAsync(CancellationToken cancellationToken)
    {
        if (services.Options.AdvertiseAddress is not { } address)
        {
            return;
        }

        var client = services.Client;
        if (await services.Objects.FindAsync(ResourceInfo.Of<Service>(), Namespace, Name, false, cancellationToken).ConfigureAwait(false) is null)
        {
            await PostStartHooks.IfAbsentAsync(client.CreateAsync(Service(address), null, cancellationToken)).ConfigureAwait(false);
        }

        await WriteAsync(Endpoints(address), cancellationToken).ConfigureAwait(false);
        await WriteAsync(Slice(address), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The first address of the service range.</summary>
    public static IPAddress ClusterAddress(IPNetwork network)
    {
        var bytes = network.BaseAddress.GetAddressBytes();
        bytes[^1] |= 1;
        return new IPAddress(bytes);
    }

    private async Task WriteAsync<T>(T wanted, CancellationToken cancellationToken)
        where T : KubeObject, IKubeKind<T>
    {
        if (await services.Objects.FindAsync(T.Info, Namespace, Name, true, cancellationToken).ConfigureAwait(false) is null)
        {
            await PostStartHooks.IfAbsentAsync(services.Client.CreateAsync(wanted, null, cancellationToken)).ConfigureAwait(false);
        }
        else
        {
            await services.Client.UpdateAsync(wanted, null, cancellationToken).ConfigureAwait(false);
        }
    }

    private Service Service(IPEndPoint address)
    {
        var ip = ClusterAddress(services.Options.ServiceNetwork).ToString();
        var service = new Service { Metadata = new() { Name = Name, Namespace = Namespace } };
        service.Metadata.Labels["component"] = "apiserver";
        service.Metadata.Labels["provider"] = "kubernetes";
        service.Spec.Type = "ClusterIP";
        service.Spec.ClusterIP = ip;
        service.Spec.ClusterIPs = [ip];
        service.Spec.IpFamilies = [Family(address.Address)];
        service.Spec.IpFamilyPolicy = "SingleStack";
        service.Spec.SessionAffinity = "None";
        service.Spec.Ports = [new ServicePort { Name = "https", Port = 443, Protocol = "TCP", TargetPort = address.Port }];
        return service;
    }

    private static Endpoints Endpoints(IPEndPoint address)
    {
        var endpoints = new Endpoints { Metadata = new() { Name = Name, Namespace = Namespace } };
        endpoints.Metadata.Labels["endpointslice.kubernetes.io/skip-mirror"] = "true";
        endpoints.Subsets =
        [
            new EndpointSubset
            {
                Addresses = [new EndpointAddress { Ip = address.Address.ToString() }],
                Ports = [new Kobune.Api.Core.V1.EndpointPort { Name = "https", Port = address.Port, Protocol = "TCP" }],
            },
        ];
        return endpoints;
    }

    private static EndpointSlice Slice(IPEndPoint address)
    {
        var slice = new EndpointSlice { Metadata = new() { Name = Name, Namespace = Namespace }, AddressType = Family(address.Address) };
        slice.Metadata.Labels["kubernetes.io/service-name"] = Name;
        slice.Endpoints = [new Endpoint { Addresses = [address.Address.ToString()], Conditions = new EndpointConditions { Ready = true, Serving = true, Terminating = false } }];
        slice.Ports = [new Kobune.Api.Discovery.V1.EndpointPort { Name = "https", Port = address.Port, Protocol = "TCP" }];
        return slice;
    }

    private static string Family(IPAddress address) => address.AddressFamily == AddressFamily.InterNetworkV6 ? "IPv6" : "IPv4";
}
