using Kobune.Api.Batch.V1;
using Kobune.Api.Meta.V1;
using Kobune.ApiServer.Resources.Checks;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.Resources.Batch;

/// <summary>The selector that makes a Job's Pods its own: by the Job's uid, which nobody else can have.</summary>
internal static class JobSelector
{
    public const string ControllerUid = "batch.kubernetes.io/controller-uid";
    public const string JobName = "batch.kubernetes.io/job-name";
    private const string LegacyControllerUid = "controller-uid";
    private const string LegacyJobName = "job-name";

    /// <summary>Adds labels and selector. What the user set stays, and fails the check when it is not what was generated.</summary>
    public static void Generate(Job job)
    {
        var labels = job.Spec.Template.Metadata.Labels;
        labels.TryAdd(LegacyJobName, job.Metadata.Name);
        labels.TryAdd(JobName, job.Metadata.Name);
        labels.TryAdd(LegacyControllerUid, job.Metadata.Uid);
        labels.TryAdd(ControllerUid, job.Metadata.Uid);
        job.Spec.Selector ??= new LabelSelector();
        job.Spec.Selector.MatchLabels.TryAdd(ControllerUid, job.Metadata.Uid);
    }

    public static void Check(Job job, FieldErrorList errors)
    {
        if (job.Spec.ManualSelector == true || job.Spec.Selector is null)
        {
            return;
        }

        var expected = new Dictionary<string, string>
        {
            [LegacyControllerUid] = job.Metadata.Uid,
            [LegacyJobName] = job.Metadata.Name,
            [ControllerUid] = job.Metadata.Uid,
            [JobName] = job.Metadata.Name,
        };
        foreach (var (label, value) in expected)
        {
            HasLabel(job.Spec.Template.Metadata, label, value, errors);
        }

        if (SelectorChecks.Compile(job.Spec.Selector) is { } selector && !selector.Matches(expected))
        {
            errors.Invalid("spec.selector", job.Spec.Selector, "`selector` not auto-generated");
        }
    }

    private static void HasLabel(ObjectMeta meta, string label, string value, FieldErrorList errors)
    {
        var path = $"spec.template.metadata.labels[{label}]";
        if (!meta.Labels.TryGetValue(label, out var actual))
        {
            errors.Required(path, $"must be '{value}'");
        }
        else if (actual != value)
        {
            errors.Invalid(path, Shown.Map(meta.Labels), $"must be '{value}'");
        }
    }
}
