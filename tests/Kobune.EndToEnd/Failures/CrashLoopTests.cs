using Kobune.EndToEnd.Harness;

namespace Kobune.EndToEnd.Failures;

/// <summary>A container that ends with an error again and again.</summary>
public sealed class CrashLoopTests(TestCluster cluster) : ClusterTest(cluster)
{
    // The first delay is 10 s, the second 20 s.
    private static readonly TimeSpan TwoDelays = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_crashing_container_is_restarted_ever_more_slowly()
    {
        using var watch = Shell.Start("kubectl", ["get", "pods", "-w"], Cluster.Environment);
        await KubectlAsync("run", "crash", "--image=kobune/busybox:1", "--", "sh", "-c", "echo about to fail at $(date +%s); exit 7");
        var shown = await watch.Output.WaitForAsync(text => text.Contains("CrashLoopBackOff"), Soon);
        Assert.Matches(@"crash +0/1 +Error +0 +", shown);
        Assert.Matches(@"crash +0/1 +CrashLoopBackOff +1 \(\d+s ago\) +", shown);

        const string Waiting = "jsonpath={.status.containerStatuses[0].state.waiting.message}";
        Assert.Matches("^back-off 10s restarting failed container=crash pod=crash_default", await KubectlAsync("get", "pod", "crash", "-o", Waiting));
        await UntilAsync(text => text.StartsWith("back-off 20s restarting failed container=crash"), TwoDelays, "get", "pod", "crash", "-o", Waiting);

        // Waiting: the logs are of the one that crashed last, those of --previous as well.
        Assert.Matches(@"^about to fail at \d+\n$", await KubectlAsync("logs", "crash"));
        Assert.Matches(@"^about to fail at \d+\n$", await KubectlAsync("logs", "crash", "--previous"));
        var chart = await KubectlAsync("describe", "pod", "crash");
        Assert.Matches(@"\n    Last State: +Terminated\n      Reason: +Error\n      Exit Code: +7\n", chart);
        Assert.Matches(@"\n    Restart Count: +2\n", chart);
        Assert.Matches(@"\n  Warning +BackOff +.* kubelet +.*Back-off restarting failed container crash in pod crash_default", chart);
        await KubectlAsync("delete", "pod", "crash");
    }
}
