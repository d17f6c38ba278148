using Kobune.Api.Autoscaling.V2;
using Kobune.ApiServer.Resources.Checks;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.Resources.Autoscaling;

/// <summary>Horizontal autoscalers, in the version in which they are stored: autoscaling/v2.</summary>
internal sealed class HorizontalPodAutoscalerHooks : TypedHooks<HorizontalPodAutoscaler>
{
    private const int DefaultCpuUtilization = 80;

    protected override void Default(HorizontalPodAutoscaler obj)
    {
        obj.Spec.MinReplicas ??= 1;
        if (obj.Spec.Metrics.Count == 0)
        {
            obj.Spec.Metrics.Add(new MetricSpec
            {
                Type = "Resource",
                Resource = new ResourceMetricSource { Name = "cpu", Target = new MetricTarget { Type = "Utilization", AverageUtilization = DefaultCpuUtilization } },
            });
        }

        if (obj.Spec.Behavior is { } behavior)
        {
            behavior.ScaleUp = ScalingRules.WithDefaults(behavior.ScaleUp, ScalingRules.Up);
            behavior.ScaleDown = ScalingRules.WithDefaults(behavior.ScaleDown, ScalingRules.Down);
        }
    }

    protected override void Validate(HorizontalPodAutoscaler obj, FieldErrorList errors)
    {
        var spec = obj.Spec;
        Target(spec.ScaleTargetRef, "spec.scaleTargetRef", errors);
        if (spec.MinReplicas < 1)
        {
            errors.Invalid("spec.minReplicas", spec.MinReplicas, "must be greater than or equal to 1");
        }

        FieldRules.Positive(errors, "spec.maxReplicas", spec.MaxReplicas);
        if (spec.MaxReplicas < spec.MinReplicas)
        {
            errors.Invalid("spec.maxReplicas", spec.MaxReplicas, "must be greater than or equal to `minReplicas`");
        }

        for (var i = 0; i < spec.Metrics.Count; i++)
        {
            MetricChecks.Check(spec.Metrics[i], $"spec.metrics[{i}]", errors);
        }

        if (spec.Behavior is { } behavior)
        {
            ScalingRules.Check(behavior.ScaleUp, "spec.behavior.scaleUp", errors);
            ScalingRules.Check(behavior.ScaleDown, "spec.behavior.scaleDown", errors);
        }
    }

    protected override void ValidateStatusUpdate(HorizontalPodAutoscaler obj, HorizontalPodAutoscaler old, FieldErrorList errors) =>
        StatusChecks.Counts(errors, ("currentReplicas", obj.Status.CurrentReplicas), ("desiredReplicas", obj.Status.DesiredReplicas));

    internal static void Target(CrossVersionObjectReference reference, string path, FieldErrorList errors)
    {
        if (reference.Kind.Length == 0)
        {
            errors.Required(path + ".kind");
        }

        if (reference.Name.Length == 0)
        {
            errors.Required(path + ".name");
        }
    }
}
