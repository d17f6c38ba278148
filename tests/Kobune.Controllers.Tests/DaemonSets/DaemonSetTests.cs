using Kobune.Api.Apps.V1;
using Kobune.Api.Core.V1;
using Kobune.Api.Meta.V1;
using Kobune.Client;
using Kobune.Controllers.DaemonSets;
using Kobune.Testing.Controllers;

namespace Kobune.Controllers.Tests.DaemonSets;

public sealed class DaemonSetTests
{
    [Fact]
    public async Task One_Pod_per_node_and_updated_node_by_node()
    {
        await using var plane = await TestControlPlane.StartAsync();
        foreach (var name in new[] { "n1", "n2", "n3" })
        {
            await plane.Client.CreateAsync(Node(name));
        }

        var set = new DaemonSet();
        set.Metadata.Name = "agent";
        set.Metadata.Namespace = "default";
        set.Spec.Selector = new LabelSelector { MatchLabels = { ["app"] = "agent" } };
        set.Spec.Template = TestControlPlane.Template("agent");
        set.Spec.Template.Spec.Tolerations.Add(new Toleration { Operator = "Exists" });
        set.Spec.UpdateStrategy = new DaemonSetUpdateStrategy { Type = "RollingUpdate", RollingUpdate = new RollingUpdateDaemonSet { MaxUnavailable = 1, MaxSurge = 0 } };
        await plane.Client.CreateAsync(set);
        await Complete(plane, 3);
        var pods = (await plane.Client.ListAsync<Pod>("default")).Items;
        Assert.Equal(["n1", "n2", "n3"], pods.Select(DaemonPlacement.NodeOf).Order());

        await plane.Client.CreateAsync(Node("n4"));
        await Complete(plane, 4);
        await plane.Client.PatchAsync<DaemonSet>("default", "agent", PatchKind.Merge, """{"spec":{"template":{"spec":{"containers":[{"name":"main","image":"app:2"}]}}}}""");
        await plane.Client.WaitAllAsync<Pod>("default", all => all.Count == 4 && all.All(p => p.Spec.Containers[0].Image == "app:2"));
        await Complete(plane, 4);
    }

    private static Node Node(string name)
    {
        var node = new Node();
        node.Metadata.Name = name;
        return node;
    }

    private static Task<DaemonSet> Complete(TestControlPlane plane, int nodes) => plane.Client.WaitAsync<DaemonSet>("default", s =>
        s.Status.ObservedGeneration == s.Metadata.Generation && s.Status.DesiredNumberScheduled == nodes && s.Status.NumberReady == nodes && s.Status.UpdatedNumberScheduled == nodes);
}
