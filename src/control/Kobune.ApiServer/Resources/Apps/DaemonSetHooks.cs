using System.Globalization;
using Kobune.Api;
using Kobune.Api.Apps.V1;
using Kobune.ApiServer.Resources.Checks;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.Resources.Apps;

internal sealed class DaemonSetHooks : TypedHooks<DaemonSet>
{
    private const string TemplateGeneration = "deprecated.daemonset.template.generation";

    protected override void Default(DaemonSet obj)
    {
        var spec = obj.Spec;
        TemplateChecks.Default(spec.Template);
        spec.RevisionHistoryLimit ??= 10;
        if (spec.UpdateStrategy.Type.Length == 0)
        {
            spec.UpdateStrategy.Type = "RollingUpdate";
        }

        if (spec.UpdateStrategy.Type == "RollingUpdate")
        {
            spec.UpdateStrategy.RollingUpdate ??= new RollingUpdateDaemonSet();
            spec.UpdateStrategy.RollingUpdate.MaxUnavailable ??= 1;
            spec.UpdateStrategy.RollingUpdate.MaxSurge ??= 0;
        }
    }

    protected override void PrepareForCreate(DaemonSet obj, WriteContext context) => Number(obj, 1);

    // Counts the changes of the template; clients cannot set it. It outlived its field as an annotation.
    protected override void PrepareForUpdate(DaemonSet obj, DaemonSet old, WriteContext context)
    {
        var number = old.Metadata.Annotations.TryGetValue(TemplateGeneration, out var text) && long.TryParse(text, CultureInfo.InvariantCulture, out var n) ? n : 0;
        Number(obj, ApiStruct.DeepEquals(obj.Spec.Template, old.Spec.Template) ? number : number + 1);
    }

    protected override void Warn(DaemonSet obj, DaemonSet? old, List<string> warnings) => TemplateChecks.Warn(warnings, "spec.template", obj.Spec.Template, old?.Spec.Template);

    protected override void Validate(DaemonSet obj, FieldErrorList errors)
    {
        const string Path = "spec.updateStrategy";
        var spec = obj.Spec;
        SelectorChecks.Check(errors, "spec.selector", spec.Selector);
        if (SelectorChecks.Compile(spec.Selector) is { } selector && !selector.Matches(spec.Template.Metadata.Labels))
        {
            errors.Invalid("spec.template.metadata.labels", Shown.Map(spec.Template.Metadata.Labels), SelectorChecks.DoesNotMatch);
        }

        if (spec.Selector is { } given && SelectorChecks.IsEmpty(given))
        {
            errors.Invalid("spec.selector", given, "empty selector is invalid for daemonset");
        }

        TemplateChecks.CheckEndless(errors, "spec.template", spec.Template, "DaemonSet");
        FieldRules.Nonnegative(errors, "spec.minReadySeconds", spec.MinReadySeconds);
        FieldRules.Nonnegative(errors, "spec.revisionHistoryLimit", spec.RevisionHistoryLimit);
        switch (spec.UpdateStrategy.Type)
        {
            case "OnDelete":
                break;
            case "RollingUpdate" when spec.UpdateStrategy.RollingUpdate is { } rolling:
                RollingUpdate(rolling, Path + ".rollingUpdate", errors);
                break;
            case "RollingUpdate":
                errors.Required(Path + ".rollingUpdate");
                break;
            default:
                errors.NotSupported(Path, spec.UpdateStrategy, "OnDelete", "RollingUpdate");
                break;
        }
    }

    protected override void ValidateUpdate(DaemonSet obj, DaemonSet old, FieldErrorList errors)
    {
        Validate(obj, errors);
        FieldRules.Immutable(errors, "spec.selector", obj.Spec.Selector, old.Spec.Selector);
    }

    protected override void ValidateStatusUpdate(DaemonSet obj, DaemonSet old, FieldErrorList errors)
    {
        var status = obj.Status;
        StatusChecks.Counts(errors, ("currentNumberScheduled", status.CurrentNumberScheduled), ("numberMisscheduled", status.NumberMisscheduled),
            ("desiredNumberScheduled", status.DesiredNumberScheduled), ("numberReady", status.NumberReady), ("observedGeneration", status.ObservedGeneration),
            ("updatedNumberScheduled", status.UpdatedNumberScheduled), ("numberAvailable", status.NumberAvailable), ("numberUnavailable", status.NumberUnavailable),
            ("collisionCount", status.CollisionCount));
        StatusChecks.NotDecremented(errors, status.CollisionCount, old.Status.CollisionCount);
    }

    private static void RollingUpdate(RollingUpdateDaemonSet rolling, string path, FieldErrorList errors)
    {
        AmountChecks.PositiveOrPercent(errors, path + ".maxUnavailable", rolling.MaxUnavailable);
        AmountChecks.PositiveOrPercent(errors, path + ".maxSurge", rolling.MaxSurge);
        AmountChecks.AtMostAll(errors, path + ".maxUnavailable", rolling.MaxUnavailable);
        AmountChecks.AtMostAll(errors, path + ".maxSurge", rolling.MaxSurge);
        switch (AmountChecks.Number(rolling.MaxUnavailable) != 0, AmountChecks.Number(rolling.MaxSurge) != 0)
        {
            case (true, true):
                errors.Invalid(path + ".maxSurge", rolling.MaxSurge, "may not be set when maxUnavailable is non-zero");
                break;
            case (false, false):
                errors.Required(path + ".maxUnavailable", "cannot be 0 when maxSurge is 0");
                break;
        }
    }

    private static void Number(DaemonSet obj, long number) =>
        obj.Metadata.Annotations[TemplateGeneration] = number.ToString(CultureInfo.InvariantCulture);
}
