using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.Api.Networking.V1;
using Kobune.Client;
using Kobune.Testing.ApiServers;

namespace Kobune.ApiServer.Tests.Networking;

/// <summary>Services' addresses stand as IPAddress objects, and come from all ServiceCIDRs that are ready.</summary>
public sealed class ServiceAddressTests : IAsyncLifetime
{
    private TestApiServer server = null!;

    public async ValueTask InitializeAsync() => server = await TestApiServer.StartAsync();

    public ValueTask DisposeAsync() => server.DisposeAsync();

    [Fact]
    public async Task The_default_range_is_there_and_ready()
    {
        var range = await server.Client.GetAsync<ServiceCIDR>(null, "kubernetes");
        Assert.Equal(["10.96.0.0/16"], range.Spec.Cidrs);
        Assert.Contains(range.Status.Conditions, c => c is { Type: "Ready", Status: "True" });
        var address = await server.Client.GetAsync<IPAddress>(null, "10.96.0.1");
        Assert.Equal("default/kubernetes", $"{address.Spec.ParentRef!.Namespace}/{address.Spec.ParentRef.Name}");
    }

    [Fact]
    public async Task An_address_is_taken_with_the_Service_and_given_back_with_it()
    {
        var service = await server.Client.CreateAsync(Service("a"));
        var address = await server.Client.GetAsync<IPAddress>(null, service.Spec.ClusterIP);
        Assert.Equal("services", address.Spec.ParentRef!.Resource);
        Assert.Equal("IPv4", address.Metadata.Labels["ipaddress.kubernetes.io/ip-family"]);
        Assert.Equal("ipallocator.k8s.io", address.Metadata.Labels["ipaddress.kubernetes.io/managed-by"]);
        await server.Client.DeleteAsync<Service>("default", "a");
        await Assert.ThrowsAsync<KubeStatusException>(() => server.Client.GetAsync<IPAddress>(null, service.Spec.ClusterIP));
    }

    [Fact]
    public async Task Becoming_an_external_name_gives_the_address_back()
    {
        var service = await server.Client.CreateAsync(Service("b"));
        var changed = service.Clone();
        changed.Spec.Type = "ExternalName";
        changed.Spec.ExternalName = "example.org";
        changed.Spec.ClusterIP = "";
        changed.Spec.ClusterIPs = [];
        await server.Client.UpdateAsync(changed);
        await Assert.ThrowsAsync<KubeStatusException>(() => server.Client.GetAsync<IPAddress>(null, service.Spec.ClusterIP));
    }

    [Fact]
    public async Task An_address_that_somebody_reserved_is_nobodys_Service()
    {
        await server.Client.CreateAsync(new IPAddress { Metadata = new() { Name = "10.96.77.7" }, Spec = new() { ParentRef = new() { Resource = "others", Name = "x" } } });
        var asking = Service("c");
        asking.Spec.ClusterIP = "10.96.77.7";
        var refused = await Assert.ThrowsAsync<KubeStatusException>(() => server.Client.CreateAsync(asking));
        Assert.Contains("provided IP is already allocated", refused.Message);
    }

    [Fact]
    public async Task A_further_range_gives_addresses_once_it_is_ready()
    {
        var asking = Service("d");
        asking.Spec.ClusterIP = "10.200.0.9";
        Assert.Contains("not in the valid range", (await Assert.ThrowsAsync<KubeStatusException>(() => server.Client.CreateAsync(asking.Clone()))).Message);
        var range = await server.Client.CreateAsync(new ServiceCIDR { Metadata = new() { Name = "more" }, Spec = new() { Cidrs = ["10.200.0.0/24"] } });
        range = range.Clone();
        range.Status.Conditions.Add(new() { Type = "Ready", Status = "True", Reason = "Test", LastTransitionTime = DateTimeOffset.UnixEpoch });
        await server.Client.UpdateStatusAsync(range);
        Assert.Equal("10.200.0.9", (await server.Client.CreateAsync(asking)).Spec.ClusterIP);
    }

    [Fact]
    public async Task A_dry_run_takes_nothing()
    {
        var before = (await server.Client.ListAsync<IPAddress>(null)).Items.Count;
        await server.Client.CreateAsync(Service("e"), new WriteOptions { DryRun = true });
        Assert.Equal(before, (await server.Client.ListAsync<IPAddress>(null)).Items.Count);
    }

    private static Service Service(string name) => new()
    {
        Metadata = new() { Name = name, Namespace = "default" },
        Spec = new() { Ports = [new ServicePort { Port = 80 }] },
    };
}
