using Kobune.Api.Core.V1;
using Kobune.Api.Storage.V1;
using Kobune.Cri.Csi;
using Kobune.Kubelet.Volumes.Csi;
using Kobune.Testing.FakeCri;
using Kobune.Testing.FakeCsi;

namespace Kobune.Kubelet.Tests.Volumes;

/// <summary>CSI drivers on real sockets, Pods on the scripted runtime.</summary>
public sealed class CsiTests
{
    private const string Driver = "disk.fake";

    [Fact]
    public async Task A_driver_registers_and_its_volume_is_staged_published_and_taken_down()
    {
        await using var cri = await FakeCriServer.StartAsync(new FakeCriScript(), TimeProvider.System, default);
        var directory = Directory.CreateTempSubdirectory("k");
        await using (var node = new KubeletHarness(cri.Socket, directory.FullName))
        {
            await using var driver = await FakeCsiDriver.StartAsync(node.Options.RootDirectory, Driver, default);
            Assert.True((await driver.Registered.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken)).PluginRegistered);
            var entry = Assert.Single(node.Api.All<CSINode>().Single().Spec.Drivers);
            Assert.Equal((Driver, "node-as-" + Driver, 7), (entry.Name, entry.NodeID, entry.Allocatable!.Count));
            Assert.Equal(["topology.fake/zone"], entry.TopologyKeys);

            node.Api.Put(About(attach: true));
            Bound(node.Api, "claim-1", "vol-1");
            node.Api.Put(Pod("user", new Volume { Name = "data", PersistentVolumeClaim = new PersistentVolumeClaimVolumeSource { ClaimName = "claim-1" } }));
            var attachment = new VolumeAttachment();
            attachment.Metadata.Name = "csi-" + CsiSource.Hash("handle-of-vol-1" + Driver + KubeletHarness.NodeName);
            attachment.Status.Attached = true;
            attachment.Status.AttachmentMetadata["device"] = "sdx";
            node.Api.Put(attachment);
            await node.UntilAsync("user", KubeletHarness.IsReady);

            var stage = Assert.Single(driver.Of<NodeStageVolumeRequest>());
            Assert.Equal(("handle-of-vol-1", "sdx", "ext4"), (stage.VolumeId, stage.PublishContext["device"], stage.VolumeCapability.Mount.FsType));
            var publish = Assert.Single(driver.Of<NodePublishVolumeRequest>());
            Assert.Equal(stage.StagingTargetPath, publish.StagingTargetPath);
            Assert.Equal("user", publish.VolumeContext["csi.storage.k8s.io/pod.name"]);
            Assert.Equal("fast", publish.VolumeContext["kind"]);
            var mount = cri.Calls.Of<Kobune.Cri.V1.CreateContainerRequest>().Single().Config.Mounts.Single(m => m.ContainerPath == "/data");
            Assert.Equal(publish.TargetPath, mount.HostPath);

            node.Api.DeletePod("user");
            await node.GoneAsync("user");
            Assert.Equal(publish.TargetPath, Assert.Single(driver.Of<NodeUnpublishVolumeRequest>()).TargetPath);
            Assert.Equal(stage.StagingTargetPath, Assert.Single(driver.Of<NodeUnstageVolumeRequest>()).StagingTargetPath);
            Assert.False(Directory.Exists(stage.StagingTargetPath));
        }

        directory.Delete(recursive: true);
    }

    [Fact]
    public async Task An_inline_volume_is_made_with_its_Pod_and_failures_are_told()
    {
        await using var cri = await FakeCriServer.StartAsync(new FakeCriScript(), TimeProvider.System, default);
        var directory = Directory.CreateTempSubdirectory("k");
        await using (var node = new KubeletHarness(cri.Socket, directory.FullName))
        {
            await using var driver = await FakeCsiDriver.StartAsync(node.Options.RootDirectory, Driver, default);
            await driver.Registered.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
            driver.Failure = "no space";
            node.Api.Put(About(attach: false));
            node.Api.Put(Pod("user", new Volume { Name = "data", Csi = new CSIVolumeSource { Driver = Driver, VolumeAttributes = { ["size"] = "1" } } }));
            await node.EventAsync("user", "Warning FailedMount MountVolume.SetUp failed for volume \"data\" : rpc error: code = Internal desc = no space");
            driver.Failure = null;
            await node.UntilAsync("user", KubeletHarness.IsReady);
            var publish = driver.Of<NodePublishVolumeRequest>().Last();
            Assert.Equal("true", publish.VolumeContext["csi.storage.k8s.io/ephemeral"]);
            Assert.Equal("1", publish.VolumeContext["size"]);
            Assert.StartsWith("csi-", publish.VolumeId);
            Assert.Empty(driver.Of<NodeStageVolumeRequest>());
        }

        directory.Delete(recursive: true);
    }

    private static CSIDriver About(bool attach)
    {
        var about = new CSIDriver();
        about.Metadata.Name = Driver;
        about.Spec.AttachRequired = attach;
        about.Spec.PodInfoOnMount = true;
        about.Spec.VolumeLifecycleModes = ["Persistent", "Ephemeral"];
        return about;
    }

    private static void Bound(FakeApi api, string claimName, string volumeName)
    {
        var volume = new PersistentVolume();
        volume.Metadata.Name = volumeName;
        volume.Spec.AccessModes = ["ReadWriteOnce"];
        volume.Spec.Csi = new CSIPersistentVolumeSource { Driver = Driver, VolumeHandle = "handle-of-" + volumeName, FsType = "ext4", VolumeAttributes = { ["kind"] = "fast" } };
        volume.Spec.ClaimRef = new ObjectReference { Namespace = "default", Name = claimName, Uid = "uid-" + claimName };
        api.Put(volume);
        var claim = new PersistentVolumeClaim();
        claim.Metadata.Name = claimName;
        claim.Metadata.Namespace = "default";
        claim.Metadata.Uid = "uid-" + claimName;
        claim.Spec.VolumeName = volumeName;
        claim.Status.Phase = "Bound";
        api.Put(claim);
    }

    private static Pod Pod(string name, Volume volume)
    {
        var pod = KubeletHarness.NewPod(name, "example.com/a:1");
        pod.Spec.Volumes.Add(volume);
        pod.Spec.Containers[0].VolumeMounts.Add(new VolumeMount { Name = "data", MountPath = "/data" });
        return pod;
    }
}
