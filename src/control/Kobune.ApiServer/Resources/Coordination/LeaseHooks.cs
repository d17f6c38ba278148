using Kobune.Api.Coordination.V1;
using Kobune.ApiServer.Resources.Checks;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.Resources.Coordination;

internal sealed class LeaseHooks : TypedHooks<Lease>
{
    public override bool AllowCreateOnUpdate => true;
    public override bool AllowUnconditionalUpdate => false;

    protected override void Validate(Lease obj, FieldErrorList errors)
    {
        if (obj.Spec.LeaseDurationSeconds is { } seconds)
        {
            FieldRules.Positive(errors, "spec.leaseDurationSeconds", seconds);
        }

        if (obj.Spec.LeaseTransitions < 0)
        {
            errors.Invalid("spec.leaseTransitions", obj.Spec.LeaseTransitions, "must be greater than or equal to 0");
        }
    }
}
