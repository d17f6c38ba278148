using System.Net;
using Kobune.Api.Core.V1;
using Kobune.Api.Discovery.V1;
using Kobune.Dns.Wire;
using Kobune.Dns.Zones;
using Kobune.Runtime;
using EndpointPort = Kobune.Api.Discovery.V1.EndpointPort;

namespace Kobune.Dns.Tests.Zones;

/// <summary>A zone with one Service of each kind, in namespace default.</summary>
internal sealed class TestZone
{
    public TestZone()
    {
        Data.SetNamespace("default", true);
        Data.SetNamespace("empty", true);
        Put(Service("kubernetes", s =>
        {
            s.ClusterIP = "10.96.0.1";
            s.Ports = [new ServicePort { Name = "https", Port = 443, Protocol = "TCP" }, new ServicePort { Port = 80 }];
        }));
        Put(
            Service("nginx", s => s.ClusterIP = "None"),
            Slice(
                new Endpoint { Addresses = ["10.244.0.5"], Hostname = "web-0" },
                new Endpoint { Addresses = ["10.244.0.6"], Hostname = "web-1" },
                new Endpoint { Addresses = ["10.244.0.7"] },
                new Endpoint { Addresses = ["10.244.0.8"], Hostname = "web-9", Conditions = new EndpointConditions { Ready = false } }));
        Put(Service("none-ready", s => s.ClusterIP = "None"), Slice(new Endpoint { Addresses = ["10.244.0.9"], Conditions = new EndpointConditions { Ready = false } }));
        Put(
            Service("early", s => (s.ClusterIP, s.PublishNotReadyAddresses) = ("None", true)),
            Slice(new Endpoint { Addresses = ["10.244.0.10"], Hostname = "first", Conditions = new EndpointConditions { Ready = false } }));
        Put(Service("outside", s => (s.Type, s.ExternalName) = ("ExternalName", "www.example.com")));
        Put(Service("inside", s => (s.Type, s.ExternalName) = ("ExternalName", "kubernetes.default.svc.cluster.local")));
        Put(Service("circle", s => (s.Type, s.ExternalName) = ("ExternalName", "circle.default.svc.cluster.local")));
    }

    public ZoneData Data { get; } = new();

    public ClusterZone Zone => field ??= new ClusterZone(Data, DnsName.Parse("cluster.local"), () => IPAddress.Parse("10.96.0.10"));

    public void Put(Service service, params EndpointSlice[] slices) => Data.Put(ObjectKey.Of(service), ServiceRecords.Of(service, slices));

    public static Service Service(string name, Action<ServiceSpec> spec)
    {
        var service = new Service { Metadata = { Name = name, Namespace = "default" } };
        spec(service.Spec);
        return service;
    }

    public static EndpointSlice Slice(params Endpoint[] endpoints) => new()
    {
        AddressType = "IPv4",
        Endpoints = [.. endpoints],
        Ports = [new EndpointPort { Name = "http", Port = 8080, Protocol = "TCP" }],
    };
}
