using Kobune.Api.Batch.V1;
using Kobune.ApiServer.Resources.Checks;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.Resources.Batch;

internal sealed class JobHooks : TypedHooks<Job>
{
    protected override void Default(Job obj)
    {
        var spec = obj.Spec;
        TemplateChecks.Default(spec.Template);
        if (spec.Completions is null && spec.Parallelism is null)
        {
            spec.Completions = 1;
        }

        spec.Parallelism ??= 1;
        spec.BackoffLimit ??= spec.BackoffLimitPerIndex is null ? 6 : int.MaxValue;
        spec.CompletionMode ??= "NonIndexed";
        spec.Suspend ??= false;
        spec.ManualSelector ??= false;
        spec.PodReplacementPolicy ??= spec.PodFailurePolicy is null ? "TerminatingOrFailed" : "Failed";
        foreach (var pattern in spec.PodFailurePolicy?.Rules.SelectMany(r => r.OnPodConditions) ?? [])
        {
            pattern.Status = pattern.Status.Length == 0 ? "True" : pattern.Status;
        }

        // A Job without labels has those of its template, generated ones included: see JobSelector.
        if (obj.Metadata.Labels.Count == 0 && spec.Template.Metadata.Labels.Count > 0)
        {
            obj.Metadata.Labels = spec.Template.Metadata.Labels;
        }
    }

    protected override void PrepareForCreate(Job obj, WriteContext context)
    {
        var shared = obj.Metadata.Labels.Count == 0 || ReferenceEquals(obj.Metadata.Labels, obj.Spec.Template.Metadata.Labels);
        if (obj.Spec.ManualSelector != true)
        {
            JobSelector.Generate(obj);
        }

        if (shared)
        {
            obj.Metadata.Labels = new Dictionary<string, string>(obj.Spec.Template.Metadata.Labels);
        }
    }

    protected override void Warn(Job obj, Job? old, List<string> warnings) => TemplateChecks.Warn(warnings, "spec.template", obj.Spec.Template, old?.Spec.Template);

    protected override void Validate(Job obj, FieldErrorList errors)
    {
        JobSelector.Check(obj, errors);
        CheckSpec(obj.Spec, errors);
    }

    protected override void ValidateUpdate(Job obj, Job old, FieldErrorList errors)
    {
        CheckSpec(obj.Spec, errors);
        JobUpdateChecks.Check(obj, old, errors);
    }

    protected override void ValidateStatusUpdate(Job obj, Job old, FieldErrorList errors)
    {
        var status = obj.Status;
        StatusChecks.Counts(errors, ("active", status.Active), ("succeeded", status.Succeeded), ("failed", status.Failed), ("ready", status.Ready), ("terminating", status.Terminating));
        if (status.Ready > status.Active)
        {
            errors.Invalid("status.ready", status.Ready, "cannot be greater than active");
        }

        if (status.CompletionTime is { } completed && status.StartTime is { } started && completed < started)
        {
            errors.Invalid("status.completionTime", status.CompletionTime, "completionTime cannot be set before startTime");
        }
    }

    private static void CheckSpec(JobSpec spec, FieldErrorList errors)
    {
        JobSpecChecks.Check(spec, "spec", errors);
        if (spec.Selector is null)
        {
            errors.Required("spec.selector");
        }

        SelectorChecks.Check(errors, "spec.selector", spec.Selector);
        if (SelectorChecks.Compile(spec.Selector) is { } selector && !selector.Matches(spec.Template.Metadata.Labels))
        {
            errors.Invalid("spec.template.metadata.labels", Shown.Map(spec.Template.Metadata.Labels), SelectorChecks.DoesNotMatch);
        }
    }
}
