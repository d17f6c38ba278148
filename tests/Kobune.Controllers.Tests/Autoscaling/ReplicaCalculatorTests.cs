using Kobune.Api.Core.V1;
using Kobune.Controllers.Autoscaling;

namespace Kobune.Controllers.Tests.Autoscaling;

public sealed class ReplicaCalculatorTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly Tolerance Tenth = new(0.1, 0.1);

    [Theory]
    [InlineData(new[] { 900, 900, 900 }, 50, 6)] // 90 % of a core each, where 50 % is wanted
    [InlineData(new[] { 540, 540, 540 }, 50, 3)] // within the tolerance
    [InlineData(new[] { 100, 100, 100 }, 50, 1)]
    public void Follows_utilization(int[] used, int target, int replicas)
    {
        var pods = Pods(used.Length);
        Assert.Equal(replicas, ReplicaCalculator.ByUtilization(used.Length, target, pods, Samples(used), "cpu", null, Tenth, Now).Replicas);
    }

    [Fact]
    public void Assumes_that_unmeasured_Pods_work_against_the_change()
    {
        // Two of three measured at 100 % of what is wanted twice over: the third counts as idle, so less is asked for.
        Assert.Equal(4, ReplicaCalculator.ByUtilization(3, 50, Pods(3), Samples([1000, 1000]), "cpu", null, Tenth, Now).Replicas);
        // Nearly idle, but the third may be busy: nothing is taken away.
        Assert.Equal(3, ReplicaCalculator.ByUtilization(3, 50, Pods(3), Samples([250, 250]), "cpu", null, Tenth, Now).Replicas);
    }

    [Fact]
    public void Leaves_Pods_that_are_just_starting_out()
    {
        var pods = Pods(3);
        pods[2].Status.Conditions[0].Status = "False";
        pods[2].Status.StartTime = Now.AddMinutes(-1);
        Assert.Equal(50, ReplicaCalculator.ByUtilization(3, 50, pods, Samples([500, 500, 5000]), "cpu", null, Tenth, Now).Utilization);
    }

    [Fact]
    public void Follows_averages_values_and_shares()
    {
        Assert.Equal(4, ReplicaCalculator.ByAverage(2, 10_000, Pods(2), Samples([20_000, 20_000]), "", Tenth, Now).Replicas);
        Assert.Equal(6, ReplicaCalculator.ByValue(3, 20_000, 10_000, Pods(3), Tenth).Replicas);
        Assert.Equal(5, ReplicaCalculator.ByShare(2, 50_000, 10_000, Tenth).Replicas);
    }

    [Fact]
    public void Says_which_container_asks_for_nothing()
    {
        var pods = Pods(1);
        pods[0].Spec.Containers[0].Resources.Requests.Clear();
        var error = Assert.Throws<InvalidOperationException>(() => ReplicaCalculator.ByUtilization(1, 50, pods, Samples([1]), "cpu", null, Tenth, Now));
        Assert.Equal("missing request for cpu in container main of Pod p0", error.Message);
    }

    private static List<Pod> Pods(int count) => [.. Enumerable.Range(0, count).Select(i =>
    {
        var pod = new Pod { Spec = TestControlPlane.Template("a").Spec };
        pod.Metadata.Name = "p" + i;
        pod.Spec.Containers[0].Resources.Requests["cpu"] = "1";
        pod.Status.Phase = "Running";
        pod.Status.StartTime = Now.AddHours(-1);
        pod.Status.Conditions = [new PodCondition { Type = "Ready", Status = "True", LastTransitionTime = Now.AddHours(-1) }];
        return pod;
    })];

    private static Dictionary<string, MetricSample> Samples(int[] used) =>
        used.Select((value, i) => (Name: "p" + i, Sample: new MetricSample(value, Now, TimeSpan.FromSeconds(30)))).ToDictionary(s => s.Name, s => s.Sample);
}
