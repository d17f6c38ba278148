using Kobune.Api.Core.V1;
using Kobune.Testing.FakeCri;

namespace Kobune.Kubelet.Tests.Volumes;

/// <summary>Claims as a kubelet sees them, on the scripted runtime.</summary>
public sealed class PersistentVolumeTests
{
    [Fact]
    public async Task A_claim_is_mounted_from_the_volume_that_it_is_bound_to()
    {
        await using var cri = await FakeCriServer.StartAsync(new FakeCriScript(), TimeProvider.System, default);
        var directory = Directory.CreateTempSubdirectory("kubelet-");
        await using (var node = new KubeletHarness(cri.Socket, directory.FullName))
        {
            var local = Path.Combine(node.Options.RootDirectory, "local-path", "pv-local");
            var volume = Volume("pv-local", "claim-1");
            volume.Metadata.Annotations["pv.kubernetes.io/provisioned-by"] = "kobune.dev/local-path";
            volume.Spec.Local = new LocalVolumeSource { Path = local };
            node.Api.Put(volume);
            node.Api.Put(Claim("claim-1", "pv-local"));
            node.Api.Put(Pod("user", "claim-1"));
            await node.UntilAsync("user", KubeletHarness.IsReady);
            var mount = cri.Calls.Of<Kobune.Cri.V1.CreateContainerRequest>().Single().Config.Mounts.Single(m => m.ContainerPath == "/data");
            Assert.Equal(local, mount.HostPath);
            Assert.False(mount.Readonly);
            Assert.True(File.GetUnixFileMode(local).HasFlag(UnixFileMode.OtherWrite));

            // The directory outlives the Pod.
            await File.WriteAllTextAsync(Path.Combine(local, "kept"), "1", TestContext.Current.CancellationToken);
            node.Api.DeletePod("user");
            await node.GoneAsync("user");
            Assert.True(File.Exists(Path.Combine(local, "kept")));
        }

        directory.Delete(recursive: true);
    }

    [Fact]
    public async Task A_Pod_waits_for_its_claim_to_be_bound_and_a_read_only_claim_is_mounted_so()
    {
        await using var cri = await FakeCriServer.StartAsync(new FakeCriScript(), TimeProvider.System, default);
        var directory = Directory.CreateTempSubdirectory("kubelet-");
        await using (var node = new KubeletHarness(cri.Socket, directory.FullName))
        {
            var pod = Pod("user", "late");
            pod.Spec.Volumes[0].PersistentVolumeClaim!.ReadOnly = true;
            node.Api.Put(pod);
            var claim = node.Api.Put(Claim("late", ""));
            var volume = Volume("pv-host", "late");
            volume.Spec.HostPath = new HostPathVolumeSource { Path = Path.Combine(directory.FullName, "host"), Type = "DirectoryOrCreate" };
            node.Api.Put(volume);
            claim.Spec.VolumeName = "pv-host";
            claim.Status.Phase = "Bound";
            node.Api.Put(claim);
            await node.UntilAsync("user", KubeletHarness.IsReady);
            Assert.True(cri.Calls.Of<Kobune.Cri.V1.CreateContainerRequest>().Single().Config.Mounts.Single(m => m.ContainerPath == "/data").Readonly);
        }

        directory.Delete(recursive: true);
    }

    private static PersistentVolume Volume(string name, string claim)
    {
        var volume = new PersistentVolume();
        volume.Metadata.Name = name;
        volume.Spec.ClaimRef = new ObjectReference { Namespace = "default", Name = claim, Uid = "uid-" + claim };
        return volume;
    }

    private static PersistentVolumeClaim Claim(string name, string volume)
    {
        var claim = new PersistentVolumeClaim();
        claim.Metadata.Name = name;
        claim.Metadata.Namespace = "default";
        claim.Metadata.Uid = "uid-" + name;
        claim.Spec.VolumeName = volume;
        claim.Status.Phase = volume.Length > 0 ? "Bound" : "Pending";
        return claim;
    }

    private static Pod Pod(string name, string claim)
    {
        var pod = KubeletHarness.NewPod(name, "example.com/a:1");
        pod.Spec.Volumes.Add(new Volume { Name = "data", PersistentVolumeClaim = new PersistentVolumeClaimVolumeSource { ClaimName = claim } });
        pod.Spec.Containers[0].VolumeMounts.Add(new VolumeMount { Name = "data", MountPath = "/data" });
        return pod;
    }
}
