using Kobune.Api.Apps.V1;
using Kobune.Api.Core.V1;
using Kobune.Api.Meta.V1;
using Kobune.Client;
using Kobune.Testing.Controllers;

namespace Kobune.Controllers.Tests.StatefulSets;

public sealed class StatefulSetTests
{
    [Fact]
    public async Task Creates_in_order_updates_in_reverse_and_scales_down_from_the_end()
    {
        await using var plane = await TestControlPlane.StartAsync();
        await plane.Client.CreateAsync(Set(3));
        await Complete(plane, 3);
        var pods = (await plane.Client.ListAsync<Pod>("default")).Items;
        Assert.Equal(["db-0", "db-1", "db-2"], pods.Select(p => p.Name));
        Assert.Equal("db-1", pods[1].Spec.Hostname);
        Assert.Equal("db", pods[1].Spec.Subdomain);
        Assert.Equal("1", pods[1].Metadata.Labels["apps.kubernetes.io/pod-index"]);

        await plane.Client.PatchAsync<StatefulSet>("default", "db", PatchKind.Merge, """{"spec":{"template":{"spec":{"containers":[{"name":"main","image":"app:2"}]}}}}""");
        var set = await Complete(plane, 3);
        await plane.Client.WaitAllAsync<Pod>("default", all => all.Count == 3 && all.All(p => p.Spec.Containers[0].Image == "app:2"));
        await plane.Client.WaitAsync<StatefulSet>("default", s => s.Status.CurrentRevision == s.Status.UpdateRevision && s.Status.CurrentRevision != set.Status.CurrentRevision || s.Status.UpdatedReplicas == 3);
        Assert.Equal(2, (await plane.Client.ListAsync<ControllerRevision>("default")).Items.Count);

        await plane.Client.PatchAsync<StatefulSet>("default", "db", PatchKind.Merge, """{"spec":{"replicas":1}}""");
        await plane.Client.WaitAllAsync<Pod>("default", all => all.Count == 1 && all[0].Name == "db-0");
    }

    [Fact]
    public async Task Waits_for_each_Pod_and_keeps_the_partition()
    {
        await using var plane = await TestControlPlane.StartAsync();
        plane.Node.Readies = pod => pod.Name != "db-1" || pod.Spec.Containers[0].Image == "app:2";
        await plane.Client.CreateAsync(Set(3));
        var set = await plane.Client.WaitAsync<StatefulSet>("default", s => s.Status.Replicas == 2 && s.Status.ReadyReplicas == 1);
        Assert.Equal(2, (await plane.Client.ListAsync<Pod>("default")).Items.Count);
        Assert.Equal(set.Status.CurrentRevision, set.Status.UpdateRevision);
    }

    [Fact]
    public async Task Halts_when_several_Pods_are_unhealthy()
    {
        await using var plane = await TestControlPlane.StartAsync();
        await plane.Client.CreateAsync(Set(3));
        await Complete(plane, 3);
        foreach (var name in new[] { "db-0", "db-1", "db-2" })
        {
            await Ready(name, "False");
        }

        await plane.Client.WaitAsync<StatefulSet>("default", s => s.Status.ReadyReplicas == 0);
        await plane.Client.PatchAsync<StatefulSet>("default", "db", PatchKind.Merge, """{"spec":{"replicas":0}}""");
        await plane.Client.WaitAsync<StatefulSet>("default", s => s.Status.ObservedGeneration == s.Metadata.Generation);
        Assert.Equal(3, (await plane.Client.ListAsync<Pod>("default")).Items.Count(p => p.Metadata.DeletionTimestamp is null));
        await Ready("db-2", "True");
        await plane.Client.WaitGoneAsync<Pod>("default", "db-2");
        await Ready("db-1", "True");
        await plane.Client.WaitAllAsync<Pod>("default", all => all.Count == 0); // the last unhealthy one may go

        Task Ready(string name, string status) => plane.Client.PatchAsync<Pod>(
            "default", name, PatchKind.StrategicMerge, $$$"""{"status":{"conditions":[{"type":"Ready","status":"{{{status}}}"}]}}""", new WriteOptions { Subresource = "status" });
    }

    private static StatefulSet Set(int replicas)
    {
        var set = new StatefulSet();
        set.Metadata.Name = "db";
        set.Metadata.Namespace = "default";
        set.Spec.Replicas = replicas;
        set.Spec.ServiceName = "db";
        set.Spec.Selector = new LabelSelector { MatchLabels = { ["app"] = "db" } };
        set.Spec.Template = TestControlPlane.Template("db");
        set.Spec.UpdateStrategy = new StatefulSetUpdateStrategy { Type = "RollingUpdate", RollingUpdate = new RollingUpdateStatefulSetStrategy { Partition = 0 } };
        set.Spec.PodManagementPolicy = "OrderedReady";
        return set;
    }

    private static Task<StatefulSet> Complete(TestControlPlane plane, int replicas) => plane.Client.WaitAsync<StatefulSet>("default", s =>
        s.Status.ObservedGeneration == s.Metadata.Generation && s.Status.ReadyReplicas == replicas && s.Status.UpdatedReplicas == replicas);
}
