using Kobune.Api.Autoscaling.V2;
using Kobune.Controllers.Autoscaling;

namespace Kobune.Controllers.Tests.Autoscaling;

public sealed class ScalingBehaviorTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Shrinks_only_to_the_highest_recommendation_of_five_minutes()
    {
        var behavior = new ScalingBehavior();
        var hpa = Hpa();
        behavior.Begin(10, Start);
        var stable = behavior.Stabilize(hpa, 10, 2, Start.AddSeconds(15));
        Assert.Equal((10, "ScaleDownStabilized"), (stable.Replicas, stable.Reason));
        Assert.Equal(2, behavior.Stabilize(hpa, 10, 2, Start.AddSeconds(301)).Replicas);
    }

    [Fact]
    public void Grows_at_once_by_four_or_to_the_double()
    {
        var behavior = new ScalingBehavior();
        var hpa = Hpa();
        var limited = behavior.Limit(hpa, 1, 40, Start);
        Assert.Equal((5, "ScaleUpLimit"), (limited.Replicas, limited.Reason));
        behavior.Scaled(4, Start);
        Assert.Equal(5, behavior.Limit(hpa, 5, 40, Start.AddSeconds(5)).Replicas); // the period is not over
        Assert.Equal(10, behavior.Limit(hpa, 5, 40, Start.AddSeconds(16)).Replicas);
        Assert.Equal((50, "TooManyReplicas"), (behavior.Limit(hpa, 45, 80, Start.AddMinutes(9)).Replicas, behavior.Limit(hpa, 45, 80, Start.AddMinutes(9)).Reason));
    }

    [Fact]
    public void Obeys_policies_and_bounds_when_shrinking()
    {
        var behavior = new ScalingBehavior();
        var hpa = Hpa();
        hpa.Spec.Behavior = new HorizontalPodAutoscalerBehavior
        {
            ScaleDown = new HPAScalingRules { SelectPolicy = "Min", Policies = [new HPAScalingPolicy { Type = "Pods", Value = 2, PeriodSeconds = 60 }, new HPAScalingPolicy { Type = "Percent", Value = 50, PeriodSeconds = 60 }] },
        };
        Assert.Equal((8, "ScaleDownLimit"), (behavior.Limit(hpa, 10, 1, Start).Replicas, behavior.Limit(hpa, 10, 1, Start).Reason));
        hpa.Spec.Behavior.ScaleDown.SelectPolicy = "Disabled";
        Assert.Equal(10, behavior.Limit(hpa, 10, 1, Start).Replicas);
        hpa.Spec.Behavior = null;
        Assert.Equal((2, "TooFewReplicas"), (behavior.Limit(hpa, 10, 1, Start).Replicas, behavior.Limit(hpa, 10, 1, Start).Reason));
    }

    private static HorizontalPodAutoscaler Hpa() => new() { Spec = new HorizontalPodAutoscalerSpec { MinReplicas = 2, MaxReplicas = 50 } };
}
