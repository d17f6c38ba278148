using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.Api.Meta.V1;
using Kobune.Client;
using Kobune.Testing.Controllers;

namespace Kobune.Controllers.Tests.Volumes;

public sealed class BindingTests
{
    [Fact]
    public async Task The_smallest_volume_that_suffices_is_bound_and_released_after_its_claim()
    {
        await using var plane = await TestControlPlane.StartAsync(withNode: false);
        foreach (var (name, size) in new (string, string)[] { ("large", "10Gi"), ("small", "1Gi"), ("middle", "3Gi") })
        {
            await plane.Client.CreateAsync(Storage.Volume(name, size: size));
        }

        await plane.Client.WaitAllAsync<PersistentVolume>(null, all => all.Count == 3 && all.All(v => v.Status.Phase == "Available"));
        await plane.Client.CreateAsync(Storage.Claim("data", "", "2Gi"));
        var claim = await plane.Client.WaitAsync<PersistentVolumeClaim>("default", c => c.Status.Phase == "Bound");
        Assert.Equal("middle", claim.Spec.VolumeName);
        Assert.Equal("3Gi", claim.Status.Capacity["storage"].ToString());
        Assert.Equal(["ReadWriteOnce"], claim.Status.AccessModes);
        Assert.Equal("yes", claim.Metadata.Annotations["pv.kubernetes.io/bind-completed"]);
        Assert.Equal("yes", claim.Metadata.Annotations["pv.kubernetes.io/bound-by-controller"]);
        Assert.Contains("kubernetes.io/pvc-protection", claim.Metadata.Finalizers);
        var volume = await plane.Client.WaitAsync<PersistentVolume>(null, v => v.Name == "middle" && v.Status.Phase == "Bound");
        Assert.Equal(claim.Metadata.Uid, volume.Spec.ClaimRef!.Uid);

        await plane.Client.DeleteAsync<PersistentVolumeClaim>("default", "data");
        await plane.Client.WaitAsync<PersistentVolume>(null, v => v.Name == "middle" && v.Status.Phase == "Released");
        Assert.Null(await plane.Client.FindAsync<PersistentVolumeClaim>("default", "data"));
    }

    [Fact]
    public async Task Volumes_and_claims_that_name_each_other_are_bound_and_nobody_else()
    {
        await using var plane = await TestControlPlane.StartAsync(withNode: false);
        var reserved = Storage.Volume("reserved");
        reserved.Spec.ClaimRef = new ObjectReference { Namespace = "default", Name = "owner" };
        await plane.Client.CreateAsync(reserved);
        await plane.Client.CreateAsync(Storage.Claim("other", "", "5Gi"));
        await plane.Client.CreateAsync(Storage.Claim("owner", ""));
        var owner = await plane.Client.WaitAsync<PersistentVolumeClaim>("default", c => c.Name == "owner" && c.Status.Phase == "Bound");
        Assert.Equal("reserved", owner.Spec.VolumeName);

        var naming = Storage.Claim("naming", "");
        naming.Spec.VolumeName = "later";
        await plane.Client.CreateAsync(naming);
        await plane.Client.CreateAsync(Storage.Volume("later"));
        await plane.Client.WaitAsync<PersistentVolumeClaim>("default", c => c.Name == "naming" && c.Status.Phase == "Bound");
        var second = Storage.Claim("second", "");
        second.Spec.VolumeName = "later";
        await plane.Client.CreateAsync(second);
        await Events(plane, "second", "FailedBinding", "volume \"later\" already bound to a different claim.");
        await Events(plane, "other", "FailedBinding", "no persistent volumes available for this claim and no storage class is set");
        Assert.Equal("Pending", (await plane.Client.GetAsync<PersistentVolumeClaim>("default", "other")).Status.Phase);
    }

    [Fact]
    public async Task Selector_class_and_modes_decide()
    {
        await using var plane = await TestControlPlane.StartAsync(withNode: false);
        var labelled = Storage.Volume("labelled", "fast", "5Gi");
        labelled.Metadata.Labels["disk"] = "ssd";
        labelled.Spec.AccessModes.Add("ReadOnlyMany");
        await plane.Client.CreateAsync(labelled);
        await plane.Client.CreateAsync(Storage.Volume("plain", "fast"));
        await plane.Client.WaitAllAsync<PersistentVolume>(null, all => all.Count == 2 && all.All(v => v.Status.Phase == "Available"));
        var claim = Storage.Claim("ssd", "fast");
        claim.Spec.Selector = new LabelSelector { MatchLabels = { ["disk"] = "ssd" } };
        await plane.Client.CreateAsync(claim);
        Assert.Equal("labelled", (await plane.Client.WaitAsync<PersistentVolumeClaim>("default", c => c.Name == "ssd" && c.Status.Phase == "Bound")).Spec.VolumeName);
        await plane.Client.CreateAsync(Storage.Claim("many", "fast", mode: "ReadWriteMany"));
        await Events(plane, "many", "ProvisioningFailed", "storageclass.storage.k8s.io \"fast\" not found");
    }

    [Fact]
    public async Task A_bound_volume_outlives_its_deletion_until_the_claim_goes_and_a_claim_without_its_volume_is_lost()
    {
        await using var plane = await TestControlPlane.StartAsync(withNode: false);
        await plane.Client.CreateAsync(Storage.Volume("v"));
        await plane.Client.CreateAsync(Storage.Claim("c", ""));
        await plane.Client.WaitAsync<PersistentVolumeClaim>("default", c => c.Status.Phase == "Bound");
        await plane.Client.DeleteAsync<PersistentVolume>(null, "v");
        Assert.NotNull((await plane.Client.GetAsync<PersistentVolume>(null, "v")).Metadata.DeletionTimestamp);
        await plane.Client.PatchAsync<PersistentVolume>(null, "v", PatchKind.Merge, """{"metadata":{"finalizers":null}}""");
        await plane.Client.WaitAsync<PersistentVolumeClaim>("default", c => c.Status.Phase == "Lost");
        await Events(plane, "c", "ClaimLost", "Bound claim has lost its PersistentVolume. Data on the volume is lost!");
    }

    [Fact]
    public async Task A_claim_in_use_outlives_its_deletion_until_the_Pod_goes()
    {
        await using var plane = await TestControlPlane.StartAsync(withNode: false);
        await plane.Client.CreateAsync(Storage.Node("n1"));
        await plane.Client.CreateAsync(Storage.Volume("v"));
        await plane.Client.CreateAsync(Storage.Claim("c", ""));
        await plane.Client.CreateAsync(Storage.PodWith("user", "c", "n1"));
        await plane.Client.WaitAsync<PersistentVolumeClaim>("default", c => c.Status.Phase == "Bound");
        await plane.Client.DeleteAsync<PersistentVolumeClaim>("default", "c");
        await plane.Client.WaitAsync<PersistentVolumeClaim>("default", c => c.Metadata.DeletionTimestamp is not null && c.Metadata.Finalizers.Count == 1);
        await plane.Client.DeleteAsync<Pod>("default", "user", new DeleteOptions { GracePeriodSeconds = 0 });
        await plane.Client.WaitAllAsync<PersistentVolumeClaim>("default", all => all.Count == 0);
        await plane.Client.WaitAsync<PersistentVolume>(null, v => v.Status.Phase == "Released");
    }

    [Fact]
    public async Task Deleting_what_nobody_can_delete_fails_and_says_so()
    {
        await using var plane = await TestControlPlane.StartAsync(withNode: false);
        await plane.Client.CreateAsync(Storage.Volume("v", policy: "Delete"));
        await plane.Client.CreateAsync(Storage.Claim("c", ""));
        await plane.Client.WaitAsync<PersistentVolumeClaim>("default", c => c.Status.Phase == "Bound");
        await plane.Client.DeleteAsync<PersistentVolumeClaim>("default", "c");
        var failed = await plane.Client.WaitAsync<PersistentVolume>(null, v => v.Status.Phase == "Failed");
        Assert.Equal("host_path deleter only supports /tmp/.+ but received provided /data/v", failed.Status.Message);
    }

    internal static Task Events(TestControlPlane plane, string about, string reason, string message) =>
        plane.Client.WaitAsync<Event>("default", e => e.InvolvedObject.Name == about && e.Reason == reason && e.Message == message);
}
