using Kobune.Api.Autoscaling.V2;

namespace Kobune.Controllers.Autoscaling;

/// <summary>The number of replicas after a limit was applied; reason and message say which, when one did.</summary>
internal readonly record struct Limited(int Replicas, string? Reason = null, string Message = "");

/// <summary>
/// What an autoscaler remembers of one target: what it recommended and by how much it scaled. With it, spec.behavior tames
/// its recommendations. Kept in memory: after a restart it is as calm as a new one.
/// </summary>
internal sealed class ScalingBehavior
{
    private const int DefaultDownWindow = 300;

    private static readonly HPAScalingRules DefaultUp = new()
    {
        SelectPolicy = "Max",
        Policies = [new HPAScalingPolicy { Type = "Pods", Value = 4, PeriodSeconds = 15 }, new HPAScalingPolicy { Type = "Percent", Value = 100, PeriodSeconds = 15 }],
    };

    private static readonly HPAScalingRules DefaultDown = new()
    {
        SelectPolicy = "Max",
        Policies = [new HPAScalingPolicy { Type = "Percent", Value = 100, PeriodSeconds = 15 }],
    };

    private readonly List<(DateTimeOffset At, int Replicas)> _recommendations = [];
    private readonly List<(DateTimeOffset At, int Change)> _changes = [];

    /// <summary>The first look at a target counts as a recommendation to leave it as it is.</summary>
    public void Begin(int current, DateTimeOffset now)
    {
        if (_recommendations.Count == 0)
        {
            _recommendations.Add((now, current));
        }
    }

    /// <summary>Up only to the least, down only to the most that was recommended within the window of that direction.</summary>
    public Limited Stabilize(HorizontalPodAutoscaler hpa, int current, int desired, DateTimeOffset now)
    {
        var upSince = now.AddSeconds(-(hpa.Spec.Behavior?.ScaleUp?.StabilizationWindowSeconds ?? 0));
        var downSince = now.AddSeconds(-(hpa.Spec.Behavior?.ScaleDown?.StabilizationWindowSeconds ?? DefaultDownWindow));
        var least = desired;
        var most = desired;
        foreach (var (at, replicas) in _recommendations)
        {
            least = at > upSince ? Math.Min(least, replicas) : least;
            most = at > downSince ? Math.Max(most, replicas) : most;
        }

        _recommendations.RemoveAll(r => r.At <= upSince && r.At <= downSince);
        _recommendations.Add((now, desired));
        var stable = Math.Min(Math.Max(current, least), most);
        return stable == desired ? new Limited(desired)
            : desired >= current ? new Limited(stable, "ScaleUpStabilized", "recent recommendations were lower than current one, applying the lowest recent recommendation")
            : new Limited(stable, "ScaleDownStabilized", "recent recommendations were higher than current one, applying the highest recent recommendation");
    }

    /// <summary>Keeps the change within the speed that the policies allow, and the result within the bounds of the spec.</summary>
    public Limited Limit(HorizontalPodAutoscaler hpa, int current, int desired, DateTimeOffset now)
    {
        var least = hpa.Spec.MinReplicas ?? 1;
        if (desired > current)
        {
            var limit = Math.Max(current, UpTo(hpa.Spec.Behavior?.ScaleUp, current, now));
            var isSpeed = hpa.Spec.MaxReplicas > limit;
            var most = isSpeed ? limit : hpa.Spec.MaxReplicas;
            return desired <= most ? new Limited(desired)
                : isSpeed ? new Limited(most, "ScaleUpLimit", "the desired replica count is increasing faster than the maximum scale rate")
                : new Limited(most, "TooManyReplicas", "the desired replica count is more than the maximum replica count");
        }

        if (desired < current)
        {
            var limit = Math.Min(current, DownTo(hpa.Spec.Behavior?.ScaleDown, current, now));
            var isSpeed = least < limit;
            var floor = isSpeed ? limit : least;
            return desired >= floor ? new Limited(desired)
                : isSpeed ? new Limited(floor, "ScaleDownLimit", "the desired replica count is decreasing faster than the maximum scale rate")
                : new Limited(floor, "TooFewReplicas", "the desired replica count is less than the minimum replica count");
        }

        return new Limited(desired);
    }

    public void Scaled(int change, DateTimeOffset now)
    {
        _changes.RemoveAll(c => c.At < now.AddHours(-1)); // longer than any period
        _changes.Add((now, change));
    }

    private int UpTo(HPAScalingRules? rules, int current, DateTimeOffset now)
    {
        var limits = Policies(rules, DefaultUp).Select(p => AtStart(current, p, now) is var start && p.Type == "Pods"
            ? start + p.Value
            : (int)Math.Ceiling(start * (1 + (p.Value / 100.0))));
        return rules?.SelectPolicy switch { "Disabled" => current, "Min" => limits.Min(), _ => limits.Max() };
    }

    private int DownTo(HPAScalingRules? rules, int current, DateTimeOffset now)
    {
        var limits = Policies(rules, DefaultDown).Select(p => AtStart(current, p, now) is var start && p.Type == "Pods"
            ? start - p.Value
            : (int)(start * (1 - (p.Value / 100.0))));
        return rules?.SelectPolicy switch { "Disabled" => current, "Min" => limits.Max(), _ => limits.Min() };
    }

    private int AtStart(int current, HPAScalingPolicy policy, DateTimeOffset now) =>
        current - _changes.Where(c => c.At > now.AddSeconds(-policy.PeriodSeconds)).Sum(c => c.Change);

    private static List<HPAScalingPolicy> Policies(HPAScalingRules? rules, HPAScalingRules defaults) =>
        rules is { Policies.Count: > 0 } ? rules.Policies : defaults.Policies;
}
