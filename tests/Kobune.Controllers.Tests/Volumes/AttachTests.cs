using Kobune.Api.Core.V1;
using Kobune.Api.Meta.V1;
using Kobune.Api.Storage.V1;
using Kobune.Client;
using Kobune.Testing.Controllers;

namespace Kobune.Controllers.Tests.Volumes;

public sealed class AttachTests
{
    [Fact]
    public async Task A_volume_is_attached_where_its_Pod_is_and_detached_after_it_and_never_to_two_nodes()
    {
        await using var plane = await TestControlPlane.StartAsync(withNode: false);
        await plane.Client.CreateAsync(Storage.Node("n1"));
        await plane.Client.CreateAsync(Storage.Node("n2"));
        var volume = Storage.Volume("disk");
        volume.Spec.HostPath = null;
        volume.Spec.Csi = new CSIPersistentVolumeSource { Driver = "disk.fake", VolumeHandle = "h1" };
        await plane.Client.CreateAsync(volume);
        await plane.Client.CreateAsync(Storage.Claim("data", ""));
        await plane.Client.CreateAsync(Storage.PodWith("first", "data", "n1"));
        var attachment = await plane.Client.WaitAsync<VolumeAttachment>(null, a => a.Spec is { NodeName: "n1", Attacher: "disk.fake", Source.PersistentVolumeName: "disk" });
        // What the driver's attacher does.
        await plane.Client.PatchAsync<VolumeAttachment>(null, attachment.Name, PatchKind.Merge, """{"status":{"attached":true}}""", new WriteOptions { Subresource = "status" });
        await plane.Client.WaitAsync<Node>(null, n => n.Name == "n1" && n.Status.VolumesAttached is [{ Name: "kubernetes.io/csi/disk.fake^h1" }]);
        await BindingTests.Events(plane, "first", "SuccessfulAttachVolume", "AttachVolume.Attach succeeded for volume \"disk\" ");

        await plane.Client.CreateAsync(Storage.PodWith("second", "data", "n2"));
        await BindingTests.Events(plane, "second", "FailedAttachVolume", "Multi-Attach error for volume \"disk\" Volume is already exclusively attached to one node and can't be attached to another");
        await plane.Client.DeleteAsync<Pod>("default", "first", new DeleteOptions { GracePeriodSeconds = 0 });
        await plane.Client.WaitAsync<VolumeAttachment>(null, a => a.Spec.NodeName == "n2");
        await plane.Client.WaitAsync<Node>(null, n => n.Name == "n1" && n.Status.VolumesAttached.Count == 0);
    }
}
