using Kobune.Api;
using Kobune.Api.Batch.V1;
using Kobune.Api.Core.V1;
using Kobune.ApiServer.Resources.Checks;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.Resources.Batch;

/// <summary>What may not change in a Job, and what may while it is suspended and has not started.</summary>
internal static class JobUpdateChecks
{
    public static void Check(Job obj, Job old, FieldErrorList errors)
    {
        var spec = obj.Spec;
        var was = old.Spec;
        Completions(spec, was, errors);
        FieldRules.Immutable(errors, "spec.selector", spec.Selector, was.Selector);
        Template(obj, old, errors);
        FieldRules.Immutable(errors, "spec.completionMode", spec.CompletionMode, was.CompletionMode);
        FieldRules.Immutable(errors, "spec.podFailurePolicy", spec.PodFailurePolicy, was.PodFailurePolicy);
        FieldRules.Immutable(errors, "spec.backoffLimitPerIndex", spec.BackoffLimitPerIndex, was.BackoffLimitPerIndex);
        FieldRules.Immutable(errors, "spec.managedBy", spec.ManagedBy, was.ManagedBy);
        FieldRules.Immutable(errors, "spec.successPolicy", spec.SuccessPolicy, was.SuccessPolicy);
    }

    // Elastic indexed Jobs: completions may follow parallelism.
    private static void Completions(JobSpec spec, JobSpec was, FieldErrorList errors)
    {
        if (spec.Completions == was.Completions || spec.Completions is null || was.Completions is null)
        {
            FieldRules.Immutable(errors, "spec.completions", spec.Completions, was.Completions);
            return;
        }

        if (spec.CompletionMode != "Indexed")
        {
            FieldRules.Immutable(errors, "spec.completions", spec.Completions, was.Completions);
        }
        else if (spec.Completions != spec.Parallelism)
        {
            errors.Invalid("spec.completions", spec.Completions, $"can only be modified in tandem with {"spec.parallelism"}");
        }
    }

    private static void Template(Job obj, Job old, FieldErrorList errors)
    {
        var was = old.Spec.Template;
        var now = obj.Spec.Template;
        if (old.Spec.Suspend == true && old.Status.StartTime is null)
        {
            was = WithSchedulingOf(was, now);
        }

        FieldRules.Immutable(errors, "spec.template", now, was);
    }

    private static PodTemplateSpec WithSchedulingOf(PodTemplateSpec was, PodTemplateSpec now)
    {
        var merged = was.Clone();
        var wanted = now.Clone();
        merged.Metadata.Labels = wanted.Metadata.Labels;
        merged.Metadata.Annotations = wanted.Metadata.Annotations;
        merged.Spec.NodeSelector = wanted.Spec.NodeSelector;
        merged.Spec.Tolerations = wanted.Spec.Tolerations;
        merged.Spec.SchedulingGates = wanted.Spec.SchedulingGates;
        merged.Spec.Affinity = wanted.Spec.Affinity;
        return merged;
    }
}
