using Kobune.Api.Core.V1;
using Kobune.Client;
using Kobune.Testing.Controllers;

namespace Kobune.Controllers.Tests.LoadBalancers;

public sealed class ServiceLoadBalancerTests
{
    [Fact]
    public async Task Addresses_come_from_the_pool_and_go_back()
    {
        // The pool has two addresses: 10.89.0.129 and .130.
        await using var plane = await TestControlPlane.StartAsync();
        await plane.Client.CreateAsync(New("other", "example.com/mine"));
        await plane.Client.CreateAsync(New("one"));
        await plane.Client.CreateAsync(New("two"));
        var one = await AddressAsync(plane, "one");
        var two = await AddressAsync(plane, "two");
        Assert.Equal(["10.89.0.129", "10.89.0.130"], new[] { one, two }.Order());
        Assert.Empty((await plane.Client.GetAsync<Service>("default", "other")).Status.LoadBalancer.Ingress);

        // A Service that is no balancer any more gives its address back; so does one that is deleted.
        var patch = """{"spec":{"type":"ClusterIP"}}""";
        await plane.Client.PatchAsync<Service>("default", "one", PatchKind.Merge, patch);
        await plane.Client.WaitAsync<Service>("default", s => s.Name == "one" && s.Status.LoadBalancer.Ingress.Count == 0);
        await plane.Client.CreateAsync(New("three"));
        Assert.Equal(one, await AddressAsync(plane, "three"));
        await plane.Client.DeleteAsync<Service>("default", "two");
        await plane.Client.CreateAsync(New("four"));
        Assert.Equal(two, await AddressAsync(plane, "four"));
    }

    private static async Task<string> AddressAsync(TestControlPlane plane, string name)
    {
        var service = await plane.Client.WaitAsync<Service>("default", s => s.Name == name && s.Status.LoadBalancer.Ingress.Count > 0, name);
        var ingress = Assert.Single(service.Status.LoadBalancer.Ingress);
        Assert.Equal("VIP", ingress.IpMode);
        return ingress.Ip;
    }

    private static Service New(string name, string? loadBalancerClass = null) => new()
    {
        Metadata = { Name = name, Namespace = "default" },
        Spec = { Type = "LoadBalancer", LoadBalancerClass = loadBalancerClass, Ports = [new ServicePort { Port = 80, Protocol = "TCP", TargetPort = 80 }] },
    };
}
