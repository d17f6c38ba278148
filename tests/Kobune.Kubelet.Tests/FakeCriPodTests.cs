using Kobune.Api.Core.V1;
using Kobune.Testing.FakeCri;

namespace Kobune.Kubelet.Tests;

/// <summary>The whole kubelet against a scripted runtime on a real socket.</summary>
public sealed class FakeCriPodTests
{
    [Fact]
    public async Task A_Pod_runs_and_goes()
    {
        await using var cri = await FakeCriServer.StartAsync(new FakeCriScript(), TimeProvider.System, default);
        cri.AddImage("docker.io/kobune/busybox:1");
        var directory = Directory.CreateTempSubdirectory("kubelet-");
        await using (var node = new KubeletHarness(cri.Socket, directory.FullName))
        {
            await node.Kubelet.Ready;
            node.Api.Put(KubeletHarness.NewPod("web"));
            var pod = await node.UntilAsync("web", KubeletHarness.IsReady);
            Assert.Equal("Running", pod.Status.Phase);
            Assert.NotEqual("", pod.Status.PodIP);
            Assert.NotNull(pod.Status.ContainerStatuses[0].State.Running);
            node.Api.DeletePod("web");
            await node.GoneAsync("web");
            Assert.Empty(cri.Sandboxes);
            await node.EventAsync("web", "Normal Pulled Container image \"docker.io/kobune/busybox:1\" already present on machine");
            await node.EventAsync("web", "Normal Started Started container main");
            await node.EventAsync("web", "Normal Killing Stopping container main");
            await node.UntilAsync(() => !Directory.Exists(Path.Combine(directory.FullName, "kubelet/pods", pod.Metadata.Uid)), "volumes gone");
        }

        directory.Delete(recursive: true);
    }

    [Fact]
    public async Task A_crashing_container_backs_off()
    {
        var script = new FakeCriScript().Container("main", new FakeContainerBehavior { ExitAfter = TimeSpan.FromMilliseconds(20), ExitCode = 3 });
        await using var cri = await FakeCriServer.StartAsync(script, TimeProvider.System, default);
        var directory = Directory.CreateTempSubdirectory("kubelet-");
        await using (var node = new KubeletHarness(cri.Socket, directory.FullName))
        {
            node.Api.Put(KubeletHarness.NewPod("crash", "example.com/a:1"));
            var pod = await node.UntilAsync("crash", p => p.Status.ContainerStatuses is [{ State.Waiting.Reason: "CrashLoopBackOff", RestartCount: 1 }]);
            var status = pod.Status.ContainerStatuses[0];
            Assert.Equal($"back-off 10s restarting failed container=main pod=crash_default({pod.Metadata.Uid})", status.State.Waiting!.Message);
            Assert.Equal((3, "Error"), (status.LastState.Terminated!.ExitCode, status.LastState.Terminated.Reason));
            Assert.Equal("Running", pod.Status.Phase);
            await node.EventAsync("crash", $"Warning BackOff Back-off restarting failed container main in pod crash_default({pod.Metadata.Uid})");
        }

        directory.Delete(recursive: true);
    }

    [Fact]
    public async Task A_pull_that_fails_is_named_and_backed_off()
    {
        var failure = new FakeFailure(Kobune.Cri.Grpc.StatusCode.NotFound, "failed to resolve reference \"example.com/none:1\": not found");
        await using var cri = await FakeCriServer.StartAsync(new FakeCriScript().Image("example.com/none:1", new FakeImageBehavior { PullFailure = failure }), TimeProvider.System, default);
        var directory = Directory.CreateTempSubdirectory("kubelet-");
        await using (var node = new KubeletHarness(cri.Socket, directory.FullName))
        {
            node.Api.Put(KubeletHarness.NewPod("typo", "example.com/none:1"));
            await node.UntilAsync("typo", p => p.Status.ContainerStatuses is [{ State.Waiting.Reason: "ErrImagePull" }]);
            var pod = await node.UntilAsync("typo", p => p.Status.ContainerStatuses is [{ State.Waiting.Reason: "ImagePullBackOff" }]);
            Assert.StartsWith("Back-off pulling image \"example.com/none:1\": ErrImagePull: rpc error: code = NotFound desc =", pod.Status.ContainerStatuses[0].State.Waiting!.Message);
            await node.EventAsync("typo", "Warning Failed Error: ErrImagePull");
            await node.EventAsync("typo", "Warning Failed Error: ImagePullBackOff");
        }

        directory.Delete(recursive: true);
    }

    [Fact]
    public async Task A_Job_like_Pod_completes_and_keeps_its_container()
    {
        var script = new FakeCriScript().Container("main", new FakeContainerBehavior { ExitAfter = TimeSpan.FromMilliseconds(20) });
        await using var cri = await FakeCriServer.StartAsync(script, TimeProvider.System, default);
        var directory = Directory.CreateTempSubdirectory("kubelet-");
        await using (var node = new KubeletHarness(cri.Socket, directory.FullName))
        {
            var pod = KubeletHarness.NewPod("job", "example.com/a:1");
            pod.Spec.RestartPolicy = "Never";
            node.Api.Put(pod);
            var done = await node.UntilAsync("job", p => p.Status.Phase == "Succeeded");
            Assert.Equal("Completed", done.Status.ContainerStatuses[0].State.Terminated!.Reason);
            await node.UntilAsync(() => cri.Sandboxes.All(s => s.State == Kobune.Cri.V1.PodSandboxState.SandboxNotready), "sandbox stopped");
            Assert.Single(cri.Containers);
            node.Api.DeletePod("job");
            await node.GoneAsync("job");
            Assert.Empty(cri.Containers);
        }

        directory.Delete(recursive: true);
    }

    [Fact]
    public async Task A_restarted_kubelet_adopts_and_ends_orphans()
    {
        await using var cri = await FakeCriServer.StartAsync(new FakeCriScript(), TimeProvider.System, default);
        var directory = Directory.CreateTempSubdirectory("kubelet-");
        var api = new FakeApi(TimeProvider.System);
        string id;
        await using (var node = new KubeletHarness(cri.Socket, directory.FullName, api))
        {
            api.Put(KubeletHarness.NewPod("stay", "example.com/a:1"));
            api.Put(KubeletHarness.NewPod("leave", "example.com/a:1"));
            await node.UntilAsync("leave", KubeletHarness.IsReady);
            id = (await node.UntilAsync("stay", KubeletHarness.IsReady)).Status.ContainerStatuses[0].ContainerID;
        }

        Assert.Equal(2, cri.Containers.Count(c => c.State == Kobune.Cri.V1.ContainerState.ContainerRunning));
        api.DeletePod("leave", 0);
        var writes = api.StatusWrites.Count;
        await using (var node = new KubeletHarness(cri.Socket, directory.FullName, api))
        {
            await node.UntilAsync(() => cri.Containers.Count == 1, "the orphan's end");
            var pod = await node.UntilAsync("stay", KubeletHarness.IsReady);
            Assert.Equal((id, 0), (pod.Status.ContainerStatuses[0].ContainerID, pod.Status.ContainerStatuses[0].RestartCount));
            Assert.Equal(2, cri.Calls.Count("StartContainer"));
            Assert.All(api.StatusWrites.Skip(writes), w => Assert.True(KubeletHarness.IsReady(w)));
        }

        directory.Delete(recursive: true);
    }
}
