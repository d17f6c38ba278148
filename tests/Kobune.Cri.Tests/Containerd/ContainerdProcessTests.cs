using System.Diagnostics;
using Kobune.Cri.Containerd;
using Kobune.Cri.Events;
using Kobune.Cri.Grpc;
using Kobune.Cri.V1;
using Microsoft.Extensions.Logging.Abstractions;

namespace Kobune.Cri.Tests.Containerd;

/// <summary>The life of a private containerd, with the real one of this machine.</summary>
[Trait("needs", "containerd")]
public sealed class ContainerdProcessTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Starts_quickly_and_reports_its_size()
    {
        Assert.SkipWhen(RealContainerd.WhyNot is not null, RealContainerd.WhyNot ?? "");
        await using var real = new RealContainerd();
        for (int i = 0; i < 3; i++)
        {
            long began = TimeProvider.System.GetTimestamp();
            Assert.Equal(ContainerdStart.Started, await real.Process.StartAsync(Cancellation));
            double ms = TimeProvider.System.GetElapsedTime(began).TotalMilliseconds;
            TestContext.Current.SendDiagnosticMessage("start {0}: {1:F0} ms, {2} kB", i, ms, ProcFs.ResidentBytes(real.Process.Pid) / 1024);
            await real.Process.StopAsync(Cancellation);
        }
    }

    [Fact]
    public async Task Runs_a_container_adopts_and_leaves_nothing()
    {
        Assert.SkipWhen(RealContainerd.WhyNot is not null, RealContainerd.WhyNot ?? "");
        ContainerdOptions options;
        await using (var real = new RealContainerd())
        {
            options = real.Options;
            await real.StartWithImagesAsync(Cancellation);
            PodSandboxConfig sandbox = real.Sandbox("one");
            string sandboxId = await real.RunSandboxAsync(sandbox, Cancellation);
            string id = await real.RunShellAsync(sandboxId, sandbox, "main", "echo hello; sleep 1000", Cancellation);

            await ExitsAreToldAsync(real, sandboxId, sandbox);

            using (ContainerdProcess second = real.NewProcess())
            {
                Assert.Equal(ContainerdStart.Adopted, await second.StartAsync(Cancellation));
                Assert.Equal(real.Process.Pid, second.Pid);
            }

            await real.Process.StopAsync(Cancellation);
            Assert.False(real.Process.IsRunning);
            Assert.Equal(ContainerdStart.Started, await real.Process.StartAsync(Cancellation));
            var status = await real.Process.Cri.ContainerStatusAsync(id, verbose: false, Cancellation);
            Assert.Equal(ContainerState.ContainerRunning, status.Status.State);

            string[] log = await File.ReadAllLinesAsync(Path.Combine(real.LogDirectory, "main.log"), Cancellation);
            Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+(Z|[+-]\d\d:\d\d) stdout F hello$", Assert.Single(log));
        }

        Assert.Empty(ProcFs.FindByArguments("--config", options.ConfigFile));
        Assert.Empty(ProcFs.FindByArguments("-address", options.Socket));
        Assert.Empty(MountTable.Below(options.State));
        Assert.False(Directory.Exists(options.State));
        Assert.False(Directory.Exists(options.Root));
    }

    [Fact]
    public async Task Containers_of_a_killed_daemon_are_found_and_removed()
    {
        Assert.SkipWhen(RealContainerd.WhyNot is not null, RealContainerd.WhyNot ?? "");
        string socket;
        await using (var real = new RealContainerd())
        {
            socket = real.Options.Socket;
            await real.StartWithImagesAsync(Cancellation);
            PodSandboxConfig sandbox = real.Sandbox("two");
            await real.RunShellAsync(await real.RunSandboxAsync(sandbox, Cancellation), sandbox, "main", "sleep 1000", Cancellation);
            ProcFs.Kill(real.Process.Pid, ProcFs.SigKill);
            await real.Process.WaitForExitAsync(Cancellation);
            Assert.Single(ProcFs.FindByArguments("-address", socket));
        }
        Assert.Empty(ProcFs.FindByArguments("-address", socket));
    }

    [Fact]
    public async Task A_changed_configuration_restarts_the_daemon_and_keeps_containers()
    {
        Assert.SkipWhen(RealContainerd.WhyNot is not null, RealContainerd.WhyNot ?? "");
        await using var real = new RealContainerd();
        await real.StartWithImagesAsync(Cancellation);
        PodSandboxConfig sandbox = real.Sandbox("three");
        string id = await real.RunShellAsync(await real.RunSandboxAsync(sandbox, Cancellation), sandbox, "main", "sleep 1000", Cancellation);

        using ContainerdProcess changed = real.NewProcess(real.Options with { MaxConcurrentDownloads = 7 });
        Assert.Equal(ContainerdStart.Started, await changed.StartAsync(Cancellation));
        Assert.NotEqual(real.Process.Pid, changed.Pid);
        Assert.False(real.Process.IsRunning);
        Assert.Equal(ContainerState.ContainerRunning, (await changed.Cri.ContainerStatusAsync(id, verbose: false, Cancellation)).Status.State);
    }

    [Fact]
    public async Task Runs_in_a_network_namespace_and_shares_our_mounts()
    {
        Assert.SkipWhen(RealContainerd.WhyNot is not null, RealContainerd.WhyNot ?? "");
        string name = "kcri" + Environment.ProcessId;
        await IpAsync("netns", "add", name);
        try
        {
            await using var real = new RealContainerd(name);
            await real.Process.StartAsync(Cancellation);
            Assert.NotEqual(Namespace("self", "net"), Namespace($"{real.Process.Pid}", "net"));
            Assert.Equal(Namespace("self", "mnt"), Namespace($"{real.Process.Pid}", "mnt"));
        }
        finally
        {
            await IpAsync("netns", "delete", name);
        }
    }

    private static string? Namespace(string pid, string kind) => new FileInfo($"/proc/{pid}/ns/{kind}").LinkTarget;

    private static async Task IpAsync(params string[] arguments)
    {
        using Process ip = Process.Start("ip", arguments);
        await ip.WaitForExitAsync(Cancellation);
        Assert.Equal(0, ip.ExitCode);
    }

    [Fact]
    public async Task Pulls_through_the_default_mirror()
    {
        Assert.SkipWhen(RealContainerd.WhyNot is not null, RealContainerd.WhyNot ?? "");
        await using var real = new RealContainerd();
        await real.Process.StartAsync(Cancellation);
        // Nobody listens on port 9 of this machine: the message shows who was asked.
        RegistryHosts.WriteDefault(real.Options.RegistryConfigPath!, new RegistryMirror("http://127.0.0.1:9"));
        var e = await Assert.ThrowsAsync<RpcException>(
            () => real.Process.Cri.PullImageAsync(new PullImageRequest { Image = new ImageSpec { Image = "quay.example/a/b:1" } }, Cancellation));
        Assert.Contains("\"http://127.0.0.1:9/v2/a/b/manifests/1?ns=quay.example\"", e.Message);
    }

    private static async Task ExitsAreToldAsync(RealContainerd real, string sandboxId, PodSandboxConfig sandbox)
    {
        var events = new RuntimeEvents(real.Process.Cri, real.Process.Channel, TimeProvider.System, NullLogger<RuntimeEvents>.Instance);
        string id = "";
        List<RuntimeEventKind> kinds = [];
        await foreach (RuntimeEvent e in events.WatchAsync(Cancellation))
        {
            if (e.Kind == RuntimeEventKind.Resync)
                id = await real.RunShellAsync(sandboxId, sandbox, "brief", "exit 7", Cancellation);
            kinds.Add(e.Kind);
            if (e.Kind != RuntimeEventKind.Stopped)
                continue;
            Assert.Equal((id, 7), (e.Id, e.ExitCode));
            var status = await real.Process.Cri.ContainerStatusAsync(id, verbose: false, Cancellation);
            Assert.Equal((ContainerState.ContainerExited, 7), (status.Status.State, status.Status.ExitCode));
            break;
        }
        Assert.Equal([RuntimeEventKind.Resync, RuntimeEventKind.Created, RuntimeEventKind.Started, RuntimeEventKind.Stopped], kinds);
    }
}
