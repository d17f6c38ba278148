using Kobune.Cri.Events;
using Kobune.Cri.Grpc;
using Kobune.Cri.V1;
using Kobune.Testing.FakeCri;

namespace Kobune.Cri.Tests.FakeCri;

/// <summary>The fake answers as a runtime does, through the client that the kubelet uses.</summary>
public sealed class FakeCriTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static Task<FakeCriServer> StartAsync(FakeCriScript? script = null) =>
        FakeCriServer.StartAsync(script ?? new FakeCriScript(), TimeProvider.System, Cancellation);

    [Fact]
    public async Task A_container_runs_exits_and_is_removed()
    {
        await using var fake = await StartAsync(new FakeCriScript().Container("main", new FakeContainerBehavior { ExitAfter = TimeSpan.FromMilliseconds(250), ExitCode = 3 }));
        (string sandboxId, string id) = await RunAsync(fake);

        await foreach (RuntimeEvent e in fake.Events.WatchAsync(Cancellation))
        {
            if (e.Kind == RuntimeEventKind.Resync)
                await fake.Client.StartContainerAsync(id, Cancellation);
            if (e.Kind != RuntimeEventKind.Stopped)
                continue;
            Assert.Equal((id, 3), (e.Id, e.ExitCode));
            break;
        }

        ContainerStatus status = (await fake.Client.ContainerStatusAsync(id, verbose: false, Cancellation)).Status;
        Assert.Equal((ContainerState.ContainerExited, 3, "Error"), (status.State, status.ExitCode, status.Reason));
        await fake.Client.RemovePodSandboxAsync(sandboxId, Cancellation);
        Assert.Empty(await fake.Client.ListContainersAsync(null, Cancellation));
        Assert.Empty(await fake.Client.ListPodSandboxAsync(null, Cancellation));
        Assert.Equal(1, fake.Calls.Count("StartContainer"));
    }

    [Fact]
    public async Task Pull_failures_arrive_as_scripted()
    {
        var failure = new FakeFailure(StatusCode.NotFound, "failed to resolve reference \"x.example/a:1\": not found");
        await using var fake = await StartAsync(new FakeCriScript().Image("x.example/a:1", new FakeImageBehavior { PullFailure = failure }));
        var e = await Assert.ThrowsAsync<RpcException>(
            () => fake.Client.PullImageAsync(new PullImageRequest { Image = new ImageSpec { Image = "x.example/a:1" } }, Cancellation));
        Assert.Equal((failure.Code, failure.Message), (e.StatusCode, e.Message));
        Assert.Null(await fake.Client.ImageStatusAsync(new ImageSpec { Image = "x.example/a:1" }, Cancellation));
    }

    [Fact]
    public async Task A_container_that_ignores_the_signal_is_killed()
    {
        await using var fake = await StartAsync(new FakeCriScript().Container("main", new FakeContainerBehavior { StopTime = null }));
        (_, string id) = await RunAsync(fake);
        await fake.Client.StartContainerAsync(id, Cancellation);
        await fake.Client.StopContainerAsync(id, TimeSpan.FromSeconds(1), Cancellation);
        Assert.Equal(137, (await fake.Client.ContainerStatusAsync(id, verbose: false, Cancellation)).Status.ExitCode);
    }

    [Fact]
    public async Task Subscribers_come_back_after_a_restart()
    {
        await using var fake = await StartAsync();
        int resyncs = 0;
        await foreach (RuntimeEvent e in fake.Events.WatchAsync(Cancellation))
        {
            Assert.Equal(RuntimeEventKind.Resync, e.Kind);
            if (++resyncs == 2)
                break;
            await fake.RestartAsync(Cancellation);
        }
        Assert.True((await fake.Client.StatusAsync(verbose: false, Cancellation)).Status.Conditions.All(c => c.Status));
    }

    private static async Task<(string SandboxId, string ContainerId)> RunAsync(FakeCriServer fake)
    {
        fake.AddImage("busybox");
        var sandbox = new PodSandboxConfig { Metadata = new PodSandboxMetadata { Name = "p", Namespace = "default", Uid = "u" } };
        string sandboxId = (await fake.Client.RunPodSandboxAsync(new RunPodSandboxRequest { Config = sandbox }, Cancellation)).PodSandboxId;
        var container = new ContainerConfig { Metadata = new ContainerMetadata { Name = "main" }, Image = new ImageSpec { Image = "busybox" } };
        var created = await fake.Client.CreateContainerAsync(
            new CreateContainerRequest { PodSandboxId = sandboxId, Config = container, SandboxConfig = sandbox }, Cancellation);
        return (sandboxId, created.ContainerId);
    }
}
