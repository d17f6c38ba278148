using Kobune.Api;
using Kobune.Api.Apps.V1;
using Kobune.ApiServer.Resources.Checks;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.Resources.Apps;

internal sealed class StatefulSetHooks : TypedHooks<StatefulSet>
{
    protected override void Default(StatefulSet obj)
    {
        var spec = obj.Spec;
        TemplateChecks.Default(spec.Template);
        if (spec.PodManagementPolicy.Length == 0)
        {
            spec.PodManagementPolicy = "OrderedReady";
        }

        if (spec.UpdateStrategy.Type.Length == 0)
        {
            spec.UpdateStrategy.Type = "RollingUpdate";
        }

        if (spec.UpdateStrategy.Type == "RollingUpdate")
        {
            spec.UpdateStrategy.RollingUpdate ??= new RollingUpdateStatefulSetStrategy();
            spec.UpdateStrategy.RollingUpdate.Partition ??= 0;
            spec.UpdateStrategy.RollingUpdate.MaxUnavailable ??= 1;
        }

        spec.PersistentVolumeClaimRetentionPolicy ??= new StatefulSetPersistentVolumeClaimRetentionPolicy();
        var policy = spec.PersistentVolumeClaimRetentionPolicy;
        policy.WhenDeleted = policy.WhenDeleted.Length == 0 ? "Retain" : policy.WhenDeleted;
        policy.WhenScaled = policy.WhenScaled.Length == 0 ? "Retain" : policy.WhenScaled;
        spec.Replicas ??= 1;
        spec.RevisionHistoryLimit ??= 10;
        foreach (var claim in spec.VolumeClaimTemplates)
        {
            claim.Spec.VolumeMode ??= "Filesystem";
            claim.Status.Phase = claim.Status.Phase.Length == 0 ? "Pending" : claim.Status.Phase;
        }
    }

    protected override void Warn(StatefulSet obj, StatefulSet? old, List<string> warnings) => TemplateChecks.Warn(warnings, "spec.template", obj.Spec.Template, old?.Spec.Template);

    protected override void Validate(StatefulSet obj, FieldErrorList errors)
    {
        var spec = obj.Spec;
        switch (spec.PodManagementPolicy)
        {
            case "":
                errors.Required("spec.podManagementPolicy");
                break;
            case not ("OrderedReady" or "Parallel"):
                errors.Invalid("spec.podManagementPolicy", spec.PodManagementPolicy, "must be 'OrderedReady' or 'Parallel'");
                break;
        }

        UpdateStrategy(spec.UpdateStrategy, errors);
        if (spec.PersistentVolumeClaimRetentionPolicy is { } policy)
        {
            FieldRules.OneOf(errors, "spec.persistentVolumeClaimRetentionPolicy.whenDeleted", policy.WhenDeleted, "Delete", "Retain");
            FieldRules.OneOf(errors, "spec.persistentVolumeClaimRetentionPolicy.whenScaled", policy.WhenScaled, "Delete", "Retain");
        }

        FieldRules.Nonnegative(errors, "spec.replicas", spec.Replicas);
        FieldRules.Nonnegative(errors, "spec.minReadySeconds", spec.MinReadySeconds);
        FieldRules.Nonnegative(errors, "spec.ordinals.start", spec.Ordinals?.Start);
        FieldRules.Nonnegative(errors, "spec.revisionHistoryLimit", spec.RevisionHistoryLimit);
        TemplateChecks.CheckSelector(errors, "spec", spec.Selector, spec.Template, "empty selector is invalid for statefulset", "");
        TemplateChecks.CheckEndless(errors, "spec.template", WithClaims(spec), "StatefulSet");
    }

    protected override void ValidateUpdate(StatefulSet obj, StatefulSet old, FieldErrorList errors)
    {
        Validate(obj, errors);
        var changed = obj.Spec.Clone();
        changed.Replicas = old.Spec.Replicas;
        changed.Template = old.Spec.Template;
        changed.UpdateStrategy = old.Spec.UpdateStrategy;
        changed.MinReadySeconds = old.Spec.MinReadySeconds;
        changed.Ordinals = old.Spec.Ordinals;
        changed.RevisionHistoryLimit = old.Spec.RevisionHistoryLimit;
        changed.PersistentVolumeClaimRetentionPolicy = old.Spec.PersistentVolumeClaimRetentionPolicy;
        if (!ApiStruct.DeepEquals(changed, old.Spec))
        {
            errors.Forbidden("spec", "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden");
        }
    }

    protected override void ValidateStatusUpdate(StatefulSet obj, StatefulSet old, FieldErrorList errors)
    {
        var status = obj.Status;
        StatusChecks.Counts(errors, ("replicas", status.Replicas), ("readyReplicas", status.ReadyReplicas), ("currentReplicas", status.CurrentReplicas),
            ("updatedReplicas", status.UpdatedReplicas), ("availableReplicas", status.AvailableReplicas), ("observedGeneration", status.ObservedGeneration),
            ("collisionCount", status.CollisionCount));
        StatusChecks.AtMost(errors, status.Replicas, "cannot be greater than status.replicas", ("readyReplicas", status.ReadyReplicas), ("currentReplicas", status.CurrentReplicas),
            ("updatedReplicas", status.UpdatedReplicas), ("availableReplicas", status.AvailableReplicas));
        StatusChecks.AtMost(errors, status.ReadyReplicas, "cannot be greater than status.readyReplicas", ("availableReplicas", status.AvailableReplicas));
        StatusChecks.NotDecremented(errors, status.CollisionCount, old.Status.CollisionCount);
    }

    private static void UpdateStrategy(StatefulSetUpdateStrategy strategy, FieldErrorList errors)
    {
        const string Path = "spec.updateStrategy";
        switch (strategy.Type)
        {
            case "":
                errors.Required(Path);
                break;
            case "OnDelete" when strategy.RollingUpdate is not null:
                errors.Invalid(Path + ".rollingUpdate", strategy.RollingUpdate, "only allowed for updateStrategy 'RollingUpdate'");
                break;
            case "OnDelete":
                break;
            case "RollingUpdate":
                RollingUpdate(strategy.RollingUpdate, Path + ".rollingUpdate", errors);
                break;
            default:
                errors.Invalid(Path, strategy, "must be 'RollingUpdate' or 'OnDelete'");
                break;
        }
    }

    private static void RollingUpdate(RollingUpdateStatefulSetStrategy? rolling, string path, FieldErrorList errors)
    {
        FieldRules.Nonnegative(errors, path + ".partition", rolling?.Partition);
        if (rolling?.MaxUnavailable is { } amount)
        {
            AmountChecks.PositiveOrPercent(errors, path + ".maxUnavailable", amount);
            if (AmountChecks.Number(amount) == 0)
            {
                errors.Invalid(path + ".maxUnavailable", amount, "cannot be 0");
            }

            AmountChecks.AtMostAll(errors, path + ".maxUnavailable", amount);
        }
    }

    // The Pods have the claims as volumes too, so mounts may name them; the template alone does not.
    private static Kobune.Api.Core.V1.PodTemplateSpec WithClaims(StatefulSetSpec spec)
    {
        if (spec.VolumeClaimTemplates.Count == 0)
        {
            return spec.Template;
        }

        var template = spec.Template.Clone();
        var names = spec.VolumeClaimTemplates.Select(c => c.Metadata.Name).ToHashSet(StringComparer.Ordinal);
        template.Spec.Volumes = [.. template.Spec.Volumes.Where(v => !names.Contains(v.Name)), .. names.Where(n => n.Length > 0).Select(n =>
            new Kobune.Api.Core.V1.Volume { Name = n, PersistentVolumeClaim = new() { ClaimName = n } })];
        return template;
    }
}
