using System.Diagnostics;
using System.Net;
using Kobune.Api.Core.V1;
using Kobune.Client;
using Kobune.Testing.ApiServers;

namespace Kobune.Kubelet.Tests;

/// <summary>The kubelet with the real API server and the real containerd: all that a Pod needs but a scheduler.</summary>
[Trait("needs", "containerd")]
[Collection("containerd")]
public sealed class RealApiTests
{
    [Fact]
    public async Task A_Pod_runs_and_goes_on_the_real_API()
    {
        Assert.SkipWhen(RealNode.WhyNot is not null, RealNode.WhyNot ?? "");
        await using var api = await TestApiServer.StartAsync();
        await using var runtime = await RealNode.StartAsync();
        using var stop = new CancellationTokenSource();
        await using var kubelet = new Kubelet(new KubeletOptions
        {
            NodeName = "node-1",
            Client = api.Client,
            CriSocket = runtime.Options.Socket,
            RootDirectory = Path.Combine(runtime.Directory, "kubelet"),
            PodLogDirectory = Path.Combine(runtime.Directory, "pods"),
            NodeAddresses = [IPAddress.Loopback],
            CgroupRoot = "kobune-test",
        }, KubeletHarness.ConsoleLogs());
        var running = kubelet.RunAsync(stop.Token);
        await kubelet.Ready.WaitAsync(TimeSpan.FromSeconds(20));
        var account = new ServiceAccount();
        account.Metadata.Name = "default";
        account.Metadata.Namespace = "default";
        await api.Client.CreateAsync(ServiceAccount.Info, account);
        var starts = new List<double>();
        var ends = new List<double>();
        for (var i = 0; i < 8; i++)
        {
            var pod = KubeletHarness.NewPod($"p{i}", command: ["sh", "-c", "trap 'exit 0' TERM; while true; do sleep 0.05; done"]);
            pod.Spec.AutomountServiceAccountToken = false;
            var began = Stopwatch.GetTimestamp();
            var created = (Pod)await api.Client.CreateAsync(Pod.Info, pod);
            await UntilAsync(api.Client, created, KubeletHarness.IsReady);
            starts.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
            began = Stopwatch.GetTimestamp();
            await api.Client.DeleteAsync(Pod.Info, "default", pod.Metadata.Name, new Kobune.Api.Meta.V1.DeleteOptions { GracePeriodSeconds = 1 });
            await UntilGoneAsync(api.Client, created);
            ends.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
        }

        starts.Sort();
        ends.Sort();
        Console.WriteLine($"real API: created to Ready: {string.Join(' ', starts.Select(s => $"{s:F0}"))} ms; deleted to gone: {string.Join(' ', ends.Select(s => $"{s:F0}"))} ms");
        await stop.CancelAsync();
        await running;
    }

    private static async Task UntilAsync(IKubeClient client, Pod pod, Func<Pod, bool> condition)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        await foreach (var change in client.WatchAsync(Pod.Info, "default", new WatchOptions { FieldSelector = "metadata.name=" + pod.Metadata.Name, ResourceVersion = pod.Metadata.ResourceVersion }, limit.Token))
        {
            if (change.Object is Pod now && condition(now))
            {
                return;
            }
        }
    }

    private static async Task UntilGoneAsync(IKubeClient client, Pod pod)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        await foreach (var change in client.WatchAsync(Pod.Info, "default", new WatchOptions { FieldSelector = "metadata.name=" + pod.Metadata.Name, ResourceVersion = pod.Metadata.ResourceVersion }, limit.Token))
        {
            if (change.Type == WatchEventType.Deleted)
            {
                return;
            }
        }
    }
}
