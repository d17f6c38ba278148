using Kobune.Api.Apps.V1;
using Kobune.ApiServer.Resources.Checks;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.Resources.Apps;

internal sealed class ReplicaSetHooks : TypedHooks<ReplicaSet>
{
    protected override void Default(ReplicaSet obj)
    {
        obj.Spec.Replicas ??= 1;
        TemplateChecks.Default(obj.Spec.Template);
    }

    protected override void Warn(ReplicaSet obj, ReplicaSet? old, List<string> warnings) => TemplateChecks.Warn(warnings, "spec.template", obj.Spec.Template, old?.Spec.Template);

    protected override void Validate(ReplicaSet obj, FieldErrorList errors)
    {
        var spec = obj.Spec;
        FieldRules.Nonnegative(errors, "spec.replicas", spec.Replicas);
        FieldRules.Nonnegative(errors, "spec.minReadySeconds", spec.MinReadySeconds);
        // Upstream says "deployment" here too.
        if (TemplateChecks.CheckSelector(errors, "spec", spec.Selector, spec.Template, "empty selector is invalid for deployment", "invalid label selector"))
        {
            TemplateChecks.CheckEndless(errors, "spec.template", spec.Template, "ReplicaSet");
        }
    }

    protected override void ValidateUpdate(ReplicaSet obj, ReplicaSet old, FieldErrorList errors)
    {
        Validate(obj, errors);
        FieldRules.Immutable(errors, "spec.selector", obj.Spec.Selector, old.Spec.Selector);
    }

    protected override void ValidateStatusUpdate(ReplicaSet obj, ReplicaSet old, FieldErrorList errors)
    {
        const string AboveReplicas = "cannot be greater than status.replicas";
        var status = obj.Status;
        StatusChecks.Counts(errors, ("replicas", status.Replicas), ("fullyLabeledReplicas", status.FullyLabeledReplicas), ("readyReplicas", status.ReadyReplicas),
            ("availableReplicas", status.AvailableReplicas), ("observedGeneration", status.ObservedGeneration), ("terminatingReplicas", status.TerminatingReplicas));
        StatusChecks.AtMost(errors, status.Replicas, AboveReplicas, ("fullyLabeledReplicas", status.FullyLabeledReplicas), ("readyReplicas", status.ReadyReplicas), ("availableReplicas", status.AvailableReplicas));
        StatusChecks.AtMost(errors, status.ReadyReplicas, "cannot be greater than readyReplicas", ("availableReplicas", status.AvailableReplicas));
    }
}
