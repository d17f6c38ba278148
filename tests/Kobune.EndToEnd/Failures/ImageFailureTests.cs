using Kobune.EndToEnd.Harness;

namespace Kobune.EndToEnd.Failures;

/// <summary>The name of the image has a typo.</summary>
public sealed class ImageFailureTests(TestCluster cluster) : ClusterTest(cluster)
{
    [Fact]
    public async Task A_typo_in_the_image_shows_the_registrys_reason()
    {
        using (var watch = Shell.Start("kubectl", ["get", "pods", "-w"], Cluster.Environment))
        {
            await KubectlAsync("run", "typo", "--image=ngixn:1.27");
            var shown = await watch.Output.WaitForAsync(text => text.Contains("ImagePullBackOff"), Soon);
            Assert.Matches(@"typo +0/1 +ErrImagePull +0 +", shown);
            Assert.True(shown.IndexOf("ErrImagePull", StringComparison.Ordinal) < shown.IndexOf("ImagePullBackOff", StringComparison.Ordinal), shown);
        }
        var chart = await KubectlAsync("describe", "pod", "typo");
        Assert.Matches(@"\n    State: +Waiting\n      Reason: +(ErrImagePull|ImagePullBackOff)\n", chart);
        Assert.Matches(@"\n  Normal +Pulling +.* kubelet +Pulling image ""ngixn:1\.27""", chart);
        Assert.Matches(@"\n  Warning +Failed +.* kubelet +Failed to pull image ""ngixn:1\.27"": .*not found", chart);
        Assert.Matches(@"\n  Warning +Failed +.* kubelet +Error: ErrImagePull\n", chart);
        Assert.Matches(@"\n  Normal +BackOff +.* kubelet +Back-off pulling image ""ngixn:1\.27""", chart);
        Assert.Matches(@"\n  Warning +Failed +.* kubelet +Error: ImagePullBackOff", chart);

        var log = await Shell.RunAsync("kubectl", ["logs", "typo"], Cluster.Environment);
        Assert.Equal(1, log.ExitCode);
        Assert.Contains("container \"typo\" in pod \"typo\" is waiting to start: ", log.Error);
        await KubectlAsync("delete", "pod", "typo");
    }

    [Fact]
    public async Task An_image_that_may_not_be_pulled_shows_ErrImageNeverPull()
    {
        await KubectlAsync("run", "never", "--image=absent:1", "--image-pull-policy=Never");
        await UntilAsync(text => text == "ErrImageNeverPull", Soon, "get", "pod", "never", "-o", "jsonpath={.status.containerStatuses[0].state.waiting.reason}");
        Assert.Contains("Container image \"absent:1\" is not present with pull policy of Never", await KubectlAsync("describe", "pod", "never"));
        await KubectlAsync("delete", "pod", "never");
    }
}
