using Kobune.Api.Apps.V1;
using Kobune.ApiServer.Resources.Checks;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.Resources.Apps;

internal sealed class DeploymentHooks : TypedHooks<Deployment>
{
    protected override void Default(Deployment obj)
    {
        var spec = obj.Spec;
        TemplateChecks.Default(spec.Template);
        spec.Replicas ??= 1;
        spec.RevisionHistoryLimit ??= 10;
        spec.ProgressDeadlineSeconds ??= 600;
        if (spec.Strategy.Type.Length == 0)
        {
            spec.Strategy.Type = "RollingUpdate";
        }

        if (spec.Strategy.Type == "RollingUpdate")
        {
            spec.Strategy.RollingUpdate ??= new RollingUpdateDeployment();
            spec.Strategy.RollingUpdate.MaxUnavailable ??= "25%";
            spec.Strategy.RollingUpdate.MaxSurge ??= "25%";
        }
    }

    // Unlike other kinds, a Deployment gets a new generation with new annotations too: its controller copies them to ReplicaSets.
    protected override void PrepareForUpdate(Deployment obj, Deployment old, WriteContext context)
    {
        var now = obj.Metadata.Annotations;
        var was = old.Metadata.Annotations;
        if (now.Count != was.Count || now.Any(a => !was.TryGetValue(a.Key, out var value) || value != a.Value))
        {
            obj.Metadata.Generation = old.Metadata.Generation + 1;
        }
    }

    protected override void Warn(Deployment obj, Deployment? old, List<string> warnings) => TemplateChecks.Warn(warnings, "spec.template", obj.Spec.Template, old?.Spec.Template);

    protected override void Validate(Deployment obj, FieldErrorList errors)
    {
        var spec = obj.Spec;
        FieldRules.Nonnegative(errors, "spec.replicas", spec.Replicas);
        if (TemplateChecks.CheckSelector(errors, "spec", spec.Selector, spec.Template, "empty selector is invalid for deployment", "invalid label selector"))
        {
            TemplateChecks.CheckEndless(errors, "spec.template", spec.Template, "ReplicaSet");
        }

        Strategy(spec.Strategy, errors);
        FieldRules.Nonnegative(errors, "spec.minReadySeconds", spec.MinReadySeconds);
        FieldRules.Nonnegative(errors, "spec.revisionHistoryLimit", spec.RevisionHistoryLimit);
        FieldRules.Nonnegative(errors, "spec.progressDeadlineSeconds", spec.ProgressDeadlineSeconds);
        if (spec.ProgressDeadlineSeconds <= spec.MinReadySeconds)
        {
            errors.Invalid("spec.progressDeadlineSeconds", spec.ProgressDeadlineSeconds, "must be greater than minReadySeconds");
        }
    }

    protected override void ValidateUpdate(Deployment obj, Deployment old, FieldErrorList errors)
    {
        Validate(obj, errors);
        FieldRules.Immutable(errors, "spec.selector", obj.Spec.Selector, old.Spec.Selector);
    }

    protected override void ValidateStatusUpdate(Deployment obj, Deployment old, FieldErrorList errors)
    {
        const string AboveReplicas = "cannot be greater than status.replicas";
        var status = obj.Status;
        StatusChecks.Counts(errors, ("observedGeneration", status.ObservedGeneration), ("replicas", status.Replicas), ("updatedReplicas", status.UpdatedReplicas),
            ("readyReplicas", status.ReadyReplicas), ("availableReplicas", status.AvailableReplicas), ("unavailableReplicas", status.UnavailableReplicas),
            ("terminatingReplicas", status.TerminatingReplicas), ("collisionCount", status.CollisionCount));
        StatusChecks.AtMost(errors, status.Replicas, AboveReplicas, ("updatedReplicas", status.UpdatedReplicas), ("readyReplicas", status.ReadyReplicas), ("availableReplicas", status.AvailableReplicas));
        StatusChecks.AtMost(errors, status.ReadyReplicas, "cannot be greater than readyReplicas", ("availableReplicas", status.AvailableReplicas));
        StatusChecks.NotDecremented(errors, status.CollisionCount, old.Status.CollisionCount);
    }

    private static void Strategy(DeploymentStrategy strategy, FieldErrorList errors)
    {
        const string Path = "spec.strategy";
        switch (strategy.Type)
        {
            case "Recreate" when strategy.RollingUpdate is not null:
                errors.Forbidden(Path + ".rollingUpdate", "may not be specified when strategy `type` is 'Recreate'");
                break;
            case "Recreate":
                break;
            case "RollingUpdate" when strategy.RollingUpdate is { } rolling:
                RollingUpdate(rolling, Path + ".rollingUpdate", errors);
                break;
            case "RollingUpdate":
                errors.Required(Path + ".rollingUpdate", "this should be defaulted and never be nil");
                break;
            default:
                errors.NotSupported(Path, strategy, "Recreate", "RollingUpdate");
                break;
        }
    }

    private static void RollingUpdate(RollingUpdateDeployment rolling, string path, FieldErrorList errors)
    {
        AmountChecks.PositiveOrPercent(errors, path + ".maxUnavailable", rolling.MaxUnavailable);
        AmountChecks.PositiveOrPercent(errors, path + ".maxSurge", rolling.MaxSurge);
        if (AmountChecks.Number(rolling.MaxUnavailable) == 0 && AmountChecks.Number(rolling.MaxSurge) == 0)
        {
            errors.Invalid(path + ".maxUnavailable", rolling.MaxUnavailable, "may not be 0 when `maxSurge` is 0");
        }

        AmountChecks.AtMostAll(errors, path + ".maxUnavailable", rolling.MaxUnavailable);
    }
}
