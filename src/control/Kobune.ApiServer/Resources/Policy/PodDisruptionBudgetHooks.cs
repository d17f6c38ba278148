using Kobune.Api.Policy.V1;
using Kobune.ApiServer.Resources.Checks;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.Resources.Policy;

internal sealed class PodDisruptionBudgetHooks : TypedHooks<PodDisruptionBudget>
{
    public override bool AllowUnconditionalUpdate => false;

    protected override void Validate(PodDisruptionBudget obj, FieldErrorList errors)
    {
        var spec = obj.Spec;
        if (spec is { MinAvailable: not null, MaxUnavailable: not null })
        {
            errors.Invalid("spec", spec, "minAvailable and maxUnavailable cannot be both set");
        }

        AmountChecks.PositiveOrPercent(errors, "spec.minAvailable", spec.MinAvailable);
        AmountChecks.AtMostAll(errors, "spec.minAvailable", spec.MinAvailable);
        AmountChecks.PositiveOrPercent(errors, "spec.maxUnavailable", spec.MaxUnavailable);
        AmountChecks.AtMostAll(errors, "spec.maxUnavailable", spec.MaxUnavailable);
        SelectorChecks.Check(errors, "spec.selector", spec.Selector);
        if (spec.UnhealthyPodEvictionPolicy is { } policy)
        {
            FieldRules.OneOf(errors, "spec.unhealthyPodEvictionPolicy", policy, "AlwaysAllow", "IfHealthyBudget");
        }
    }

    protected override void ValidateStatusUpdate(PodDisruptionBudget obj, PodDisruptionBudget old, FieldErrorList errors) =>
        StatusChecks.Counts(errors, ("disruptionsAllowed", obj.Status.DisruptionsAllowed), ("currentHealthy", obj.Status.CurrentHealthy),
            ("desiredHealthy", obj.Status.DesiredHealthy), ("expectedPods", obj.Status.ExpectedPods));
}
