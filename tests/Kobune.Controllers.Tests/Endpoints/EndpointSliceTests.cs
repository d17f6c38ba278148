using Kobune.Api.Core.V1;
using Kobune.Api.Discovery.V1;
using Kobune.Client;
using Kobune.Controllers.Endpoints;
using Kobune.Testing.Controllers;

namespace Kobune.Controllers.Tests.Endpoints;

public sealed class EndpointSliceTests
{
    [Fact]
    public async Task Follows_the_Pods_of_a_Service()
    {
        await using var plane = await TestControlPlane.StartAsync();
        await plane.Client.CreateAsync(TestControlPlane.Deployment("web", 3));
        var service = new Service();
        service.Metadata.Name = "web";
        service.Metadata.Namespace = "default";
        service.Spec.Selector["app"] = "web";
        service.Spec.Ports.Add(new ServicePort { Name = "http", Port = 80, TargetPort = 8080, Protocol = "TCP" });
        await plane.Client.CreateAsync(service);
        var slice = await plane.Client.WaitAsync<EndpointSlice>("default", s => s.Metadata.Labels.GetValueOrDefault(EndpointSliceController.ServiceName) == "web" && s.Endpoints.Count(e => e.Conditions.Ready == true) == 3);
        Assert.Equal(8080, Assert.Single(slice.Ports).Port);
        Assert.Equal("endpointslice-controller.k8s.io", slice.Metadata.Labels["endpointslice.kubernetes.io/managed-by"]);
        Assert.StartsWith("web-", slice.Name, StringComparison.Ordinal);
        var endpoints = await plane.Client.WaitAsync<Api.Core.V1.Endpoints>("default", e => e.Name == "web" && e.Subsets.Count == 1 && e.Subsets[0].Addresses.Count == 3);
        Assert.Equal("http", endpoints.Subsets[0].Ports[0].Name);

        await plane.Client.DeleteAsync<Service>("default", "web");
        await plane.Client.WaitAllAsync<EndpointSlice>("default", all => all.All(s => s.Name != slice.Name));
        await plane.Client.WaitGoneAsync<Api.Core.V1.Endpoints>("default", "web");
    }

    [Fact]
    public void A_slice_holds_a_hundred_and_changes_stay_small()
    {
        var service = new SliceOwner(new Service { Metadata = { Name = "web" } }, [], [], "IPv4");
        var group = Group(150);
        var first = SlicePlan.Make(service, [group], []);
        Assert.Equal([100, 50], first.Create.Select(s => s.Endpoints.Count));
        for (var i = 0; i < 2; i++)
        {
            first.Create[i].Metadata.Uid = first.Create[i].Metadata.Name = $"s{i}";
        }

        var changed = Group(150);
        changed.Endpoints[3].Conditions.Ready = false;
        var second = SlicePlan.Make(service, [changed], first.Create);
        Assert.Equal("s0", Assert.Single(second.Update).Name);
        Assert.Empty(second.Create);
        Assert.Empty(second.Delete);

        var third = SlicePlan.Make(service, [], first.Create);
        Assert.Equal((1, 2), (third.Create.Count, third.Delete.Count));
    }

    [Fact]
    public async Task Endpoints_that_somebody_writes_are_mirrored()
    {
        await using var plane = await TestControlPlane.StartAsync();
        var service = new Service();
        service.Metadata.Name = "outside";
        service.Metadata.Namespace = "default";
        service.Spec.Ports = [new ServicePort { Port = 80 }];
        await plane.Client.CreateAsync(service);
        var endpoints = new Api.Core.V1.Endpoints();
        endpoints.Metadata.Name = "outside";
        endpoints.Metadata.Namespace = "default";
        endpoints.Metadata.Labels["who"] = "me";
        endpoints.Subsets =
        [
            new EndpointSubset
            {
                Addresses = [new EndpointAddress { Ip = "192.0.2.1" }, new EndpointAddress { Ip = "2001:db8::1" }],
                NotReadyAddresses = [new EndpointAddress { Ip = "192.0.2.2" }],
                Ports = [new Api.Core.V1.EndpointPort { Port = 8080 }],
            },
        ];
        await plane.Client.CreateAsync(endpoints);
        var slices = await plane.Client.WaitAllAsync<EndpointSlice>("default", all => all.Count(IsMirror) == 2);
        var slice = slices.Single(s => IsMirror(s) && s.AddressType == "IPv4");
        Assert.Equal(("outside", "me"), (slice.Metadata.Labels["kubernetes.io/service-name"], slice.Metadata.Labels["who"]));
        Assert.Equal([true, false], slice.Endpoints.Select(e => e.Conditions.Ready == true));
        Assert.Equal("Endpoints", slice.Metadata.OwnerReferences.Single().Kind);

        await plane.Client.PatchAsync<Api.Core.V1.Endpoints>("default", "outside", PatchKind.Merge, """{"subsets":[{"addresses":[{"ip":"192.0.2.3"}],"ports":[{"port":8080}]}]}""");
        await plane.Client.WaitAllAsync<EndpointSlice>("default", all => all.Where(IsMirror).SelectMany(s => s.Endpoints).SelectMany(e => e.Addresses).SequenceEqual(["192.0.2.3"]));
        await plane.Client.DeleteAsync<Service>("default", "outside");
        await plane.Client.WaitAllAsync<EndpointSlice>("default", all => !all.Any(IsMirror));

        static bool IsMirror(EndpointSlice slice) => slice.Metadata.Labels.GetValueOrDefault("endpointslice.kubernetes.io/managed-by") == "endpointslicemirroring-controller.k8s.io";
    }

    private static SliceGroup Group(int count) => new("IPv4", [new Api.Discovery.V1.EndpointPort { Name = "http", Port = 80 }],
        [.. Enumerable.Range(0, count).Select(i => new Endpoint { Addresses = [$"10.0.0.{i}"], TargetRef = new ObjectReference { Uid = $"u{i}" }, Conditions = new EndpointConditions { Ready = true } })]);
}
