using Kobune.Api.Core.V1;
using Kobune.Api.Meta.V1;
using Kobune.Client;
using Kobune.Testing.Controllers;

namespace Kobune.Controllers.Tests.Volumes;

public sealed class LocalPathTests
{
    [Fact]
    public async Task A_volume_is_made_for_the_node_of_the_first_Pod_grows_and_goes_with_its_claim()
    {
        await using var plane = await TestControlPlane.StartAsync(withNode: false);
        await plane.Client.CreateAsync(Storage.LocalPath());
        await plane.Client.CreateAsync(Storage.Node("n1"));
        await plane.Client.CreateAsync(Storage.Node("n2"));
        await plane.Client.CreateAsync(Storage.Claim("data", "standard"));
        await BindingTests.Events(plane, "data", "WaitForFirstConsumer", "waiting for first consumer to be created before binding");
        await plane.Client.CreateAsync(Storage.PodWith("user", "data"));
        await BindingTests.Events(plane, "data", "WaitForPodScheduled", "waiting for pod user to be scheduled");
        // What the scheduler does when it has chosen.
        await plane.Client.PatchAsync<PersistentVolumeClaim>("default", "data", PatchKind.Merge, """{"metadata":{"annotations":{"volume.kubernetes.io/selected-node":"n2"}}}""");

        var claim = await plane.Client.WaitAsync<PersistentVolumeClaim>("default", c => c.Status.Phase == "Bound");
        Assert.Equal("pvc-" + claim.Metadata.Uid, claim.Spec.VolumeName);
        Assert.Equal("kobune.dev/local-path", claim.Metadata.Annotations["volume.kubernetes.io/storage-provisioner"]);
        var volume = await plane.Client.GetAsync<PersistentVolume>(null, claim.Spec.VolumeName);
        Assert.Equal("/var/lib/volumes/" + volume.Name, volume.Spec.Local!.Path);
        Assert.Equal(["n2"], volume.Spec.NodeAffinity!.Required!.NodeSelectorTerms[0].MatchExpressions[0].Values);
        await BindingTests.Events(plane, "data", "ProvisioningSucceeded", $"Successfully provisioned volume {volume.Name}");

        await plane.Client.PatchAsync<PersistentVolumeClaim>("default", "data", PatchKind.Merge, """{"spec":{"resources":{"requests":{"storage":"2Gi"}}}}""");
        await plane.Client.WaitAsync<PersistentVolumeClaim>("default", c => c.Status.Capacity["storage"].ToString() == "2Gi");
        await plane.Client.WaitAsync<PersistentVolume>(null, v => v.Spec.Capacity["storage"].ToString() == "2Gi");

        await plane.Client.DeleteAsync<Pod>("default", "user", new DeleteOptions { GracePeriodSeconds = 0 });
        await plane.Client.DeleteAsync<PersistentVolumeClaim>("default", "data");
        var key = "local-path.kobune.dev/" + volume.Name;
        await plane.Client.WaitAsync<Node>(null, n => n.Name == "n2" && n.Metadata.Annotations.GetValueOrDefault(key) == "remove");
        Assert.NotNull(await plane.Client.FindAsync<PersistentVolume>(null, volume.Name));
        // What the kubelet answers.
        await plane.Client.PatchAsync<Node>(null, "n2", PatchKind.Merge, "{\"metadata\":{\"annotations\":{\"" + key + "\":\"removed\"}}}");
        await plane.Client.WaitAllAsync<PersistentVolume>(null, all => all.Count == 0);
        Assert.DoesNotContain(key, (await plane.Client.GetAsync<Node>(null, "n2")).Metadata.Annotations.Keys);
    }

    [Fact]
    public async Task A_Pod_that_was_bound_without_the_scheduler_gets_its_volume_where_it_is()
    {
        await using var plane = await TestControlPlane.StartAsync(withNode: false);
        await plane.Client.CreateAsync(Storage.LocalPath());
        await plane.Client.CreateAsync(Storage.Node("n1"));
        // No class: the default one is given at admission.
        await plane.Client.CreateAsync(Storage.Claim("data"));
        await plane.Client.CreateAsync(Storage.PodWith("user", "data", "n1"));
        var claim = await plane.Client.WaitAsync<PersistentVolumeClaim>("default", c => c.Status.Phase == "Bound");
        Assert.Equal("standard", claim.Spec.StorageClassName);
        Assert.Equal("n1", claim.Metadata.Annotations["volume.kubernetes.io/selected-node"]);
    }

    [Fact]
    public async Task Generic_ephemeral_volumes_get_claims_that_go_with_the_Pod()
    {
        await using var plane = await TestControlPlane.StartAsync(withNode: false);
        await plane.Client.CreateAsync(Storage.LocalPath());
        await plane.Client.CreateAsync(Storage.Node("n1"));
        var pod = Storage.PodWith("user", "unused", "n1");
        pod.Spec.Volumes[0] = new Volume
        {
            Name = "data",
            Ephemeral = new EphemeralVolumeSource { VolumeClaimTemplate = new PersistentVolumeClaimTemplate { Metadata = { Labels = { ["a"] = "b" } }, Spec = Storage.Claim("x", "standard").Spec } },
        };
        await plane.Client.CreateAsync(pod);
        var claim = await plane.Client.WaitAsync<PersistentVolumeClaim>("default", c => c.Status.Phase == "Bound");
        Assert.Equal("user-data", claim.Name);
        Assert.Equal("b", claim.Metadata.Labels["a"]);
        await plane.Client.DeleteAsync<Pod>("default", "user", new DeleteOptions { GracePeriodSeconds = 0 });
        await plane.Client.WaitAllAsync<PersistentVolumeClaim>("default", all => all.Count == 0);
    }
}
