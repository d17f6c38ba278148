using Kobune.Api.Core.V1;
using Kobune.Kubelet.Eviction;
using Kobune.Testing.FakeCri;

namespace Kobune.Kubelet.Tests.Eviction;

/// <summary>Who goes, why, and in what words.</summary>
public sealed class EvictionTests
{
    [Fact]
    public void Limits_of_local_storage_are_told_apart()
    {
        var pod = KubeletHarness.NewPod("p");
        pod.Spec.Volumes.Add(new Volume { Name = "cache", EmptyDir = new EmptyDirVolumeSource { SizeLimit = "1Mi" } });
        Assert.Null(StorageLimits.Exceeded(pod, Used(0, 1 << 20)));
        Assert.Equal("Usage of EmptyDir volume \"cache\" exceeds the limit \"1Mi\". ", StorageLimits.Exceeded(pod, Used(0, (1 << 20) + 1)));
        pod.Spec.Containers[0].Resources.Limits["ephemeral-storage"] = "2Mi";
        Assert.Equal("Pod ephemeral local storage usage exceeds the total limit of containers 2Mi. ", StorageLimits.Exceeded(pod, Used(3 << 20, 0)));
    }

    [Fact]
    public void Who_exceeds_its_request_goes_first_then_the_less_important()
    {
        var modest = new Candidate(Named("modest", 0), Used: 10, Requested: 20);
        var greedy = new Candidate(Named("greedy", 5), Used: 30, Requested: 20);
        var greedier = new Candidate(Named("greedier", 5), Used: 50, Requested: 20);
        var humble = new Candidate(Named("humble", 1), Used: 21, Requested: 20);
        Assert.Equal(["humble", "greedier", "greedy", "modest"], EvictionRanking.Rank([modest, greedy, greedier, humble]).Select(c => c.Pod.Metadata.Name));
    }

    [Fact]
    public async Task A_Pod_that_fills_its_volume_is_evicted()
    {
        await using var cri = await FakeCriServer.StartAsync(new FakeCriScript(), TimeProvider.System, default);
        var directory = Directory.CreateTempSubdirectory("kubelet-");
        await using (var node = new KubeletHarness(cri.Socket, directory.FullName, eviction: new EvictionOptions { Period = TimeSpan.FromMilliseconds(50), NodeFsAvailable = 0, NodeFsInodesFree = 0, MemoryAvailable = 0, PidAvailable = 0 }))
        {
            var pod = KubeletHarness.NewPod("filler", "example.com/a:1");
            pod.Spec.Volumes.Add(new Volume { Name = "cache", EmptyDir = new EmptyDirVolumeSource { SizeLimit = "1Ki" } });
            pod.Spec.Containers[0].VolumeMounts.Add(new VolumeMount { Name = "cache", MountPath = "/cache" });
            node.Api.Put(pod);
            var running = await node.UntilAsync("filler", KubeletHarness.IsReady);
            File.WriteAllBytes(Path.Combine(directory.FullName, "kubelet/pods", running.Metadata.Uid, "volumes/kubernetes.io~empty-dir/cache/x"), new byte[2000]);
            var evicted = await node.UntilAsync("filler", p => p.Status.Phase == "Failed");
            Assert.Equal(("Evicted", "Usage of EmptyDir volume \"cache\" exceeds the limit \"1Ki\". "), (evicted.Status.Reason, evicted.Status.Message));
            Assert.Equal("TerminationByKubelet", evicted.Status.Conditions.Find(c => c.Type == "DisruptionTarget")!.Reason);
        }

        directory.Delete(recursive: true);
    }

    private static LocalStorage Used(long container, long volume) =>
        new(new Dictionary<string, long> { ["main"] = container }, new Dictionary<string, long> { ["cache"] = volume });

    private static Pod Named(string name, int priority) => new() { Metadata = { Name = name }, Spec = { Priority = priority } };
}
