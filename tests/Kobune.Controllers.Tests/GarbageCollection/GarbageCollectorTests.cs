using Kobune.Api.Apps.V1;
using Kobune.Api.Core.V1;
using Kobune.Api.Meta.V1;
using Kobune.Client;
using Kobune.Controllers.Tests.Deployments;
using Kobune.Testing.Controllers;

namespace Kobune.Controllers.Tests.GarbageCollection;

public sealed class GarbageCollectorTests
{
    [Theory]
    [InlineData("Background")]
    [InlineData("Foreground")]
    public async Task Deleting_a_Deployment_deletes_all_below_it(string policy)
    {
        await using var plane = await TestControlPlane.StartAsync();
        await plane.Client.CreateAsync(TestControlPlane.Deployment("web", 2));
        await DeploymentControllerTests.Complete(plane, "web");
        await plane.Client.DeleteAsync<Deployment>("default", "web", new DeleteOptions { PropagationPolicy = policy });
        await plane.Client.WaitGoneAsync<Deployment>("default", "web");
        await plane.Client.WaitAllAsync<ReplicaSet>("default", all => all.Count == 0);
        await plane.Client.WaitAllAsync<Pod>("default", all => all.Count == 0);
    }

    [Fact]
    public async Task Orphans_stay_and_are_free()
    {
        await using var plane = await TestControlPlane.StartAsync();
        await plane.Client.CreateAsync(TestControlPlane.Deployment("web", 2));
        await DeploymentControllerTests.Complete(plane, "web");
        await plane.Client.DeleteAsync<Deployment>("default", "web", new DeleteOptions { PropagationPolicy = "Orphan" });
        await plane.Client.WaitGoneAsync<Deployment>("default", "web");
        var left = await plane.Client.WaitAsync<ReplicaSet>("default", r => r.Metadata.OwnerReferences.Count == 0);
        Assert.Equal(2, (await plane.Client.ListAsync<Pod>("default")).Items.Count);

        // A Deployment with the same selector takes them over.
        await plane.Client.CreateAsync(TestControlPlane.Deployment("web", 2));
        await plane.Client.WaitAsync<ReplicaSet>("default", r => r.Metadata.Uid == left.Metadata.Uid && r.Metadata.OwnerReferences.Count == 1);
    }

    [Fact]
    public async Task What_is_created_with_an_absent_owner_goes()
    {
        await using var plane = await TestControlPlane.StartAsync();
        var map = new ConfigMap();
        map.Metadata.Name = "late";
        map.Metadata.Namespace = "default";
        map.Metadata.OwnerReferences = [new OwnerReference { ApiVersion = "apps/v1", Kind = "Deployment", Name = "gone", Uid = "00000000-0000-4000-8000-000000000000" }];
        await plane.Client.CreateAsync(map);
        await plane.Client.WaitGoneAsync<ConfigMap>("default", "late");
    }

    [Fact]
    public async Task One_living_owner_is_enough()
    {
        await using var plane = await TestControlPlane.StartAsync();
        var owner = new ConfigMap();
        owner.Metadata.Name = "owner";
        owner.Metadata.Namespace = "default";
        owner = await plane.Client.CreateAsync(owner);
        var map = new ConfigMap();
        map.Metadata.Name = "owned";
        map.Metadata.Namespace = "default";
        map.Metadata.OwnerReferences =
        [
            new OwnerReference { ApiVersion = "v1", Kind = "ConfigMap", Name = "owner", Uid = owner.Metadata.Uid },
            new OwnerReference { ApiVersion = "v1", Kind = "ConfigMap", Name = "gone", Uid = "00000000-0000-4000-8000-000000000000" },
        ];
        await plane.Client.CreateAsync(map);
        var kept = await plane.Client.WaitAsync<ConfigMap>("default", m => m.Name == "owned" && m.Metadata.OwnerReferences.Count == 1);
        Assert.Equal("owner", kept.Metadata.OwnerReferences[0].Name);
    }
}
