using Kobune.Api.Batch.V1;
using Kobune.ApiServer.Resources.Checks;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.Resources.Batch;

/// <summary>What Jobs and the templates of CronJobs have in common.</summary>
internal static class JobSpecChecks
{
    private const int MaxIndexedParallelism = 100_000;

    public static void Check(JobSpec spec, string path, FieldErrorList errors)
    {
        FieldRules.Nonnegative(errors, path + ".parallelism", spec.Parallelism);
        FieldRules.Nonnegative(errors, path + ".completions", spec.Completions);
        FieldRules.Nonnegative(errors, path + ".activeDeadlineSeconds", spec.ActiveDeadlineSeconds);
        FieldRules.Nonnegative(errors, path + ".backoffLimit", spec.BackoffLimit);
        FieldRules.Nonnegative(errors, path + ".ttlSecondsAfterFinished", spec.TtlSecondsAfterFinished);
        FieldRules.Nonnegative(errors, path + ".backoffLimitPerIndex", spec.BackoffLimitPerIndex);
        FieldRules.Nonnegative(errors, path + ".maxFailedIndexes", spec.MaxFailedIndexes);
        if (spec.MaxFailedIndexes is not null && spec.BackoffLimitPerIndex is null)
        {
            errors.Required(path + ".backoffLimitPerIndex", "when maxFailedIndexes is specified");
        }

        ManagedBy(spec.ManagedBy, path + ".managedBy", errors);
        CompletionMode(spec, path, errors);
        if (spec.PodFailurePolicy is { } policy)
        {
            FailurePolicyChecks.Check(policy, spec, path + ".podFailurePolicy", errors);
        }

        if (spec.SuccessPolicy is { } success)
        {
            SuccessPolicyChecks.Check(success, spec, path, errors);
        }

        ReplacementPolicy(spec, path + ".podReplacementPolicy", errors);
        TemplateChecks.Check(errors, path + ".template", spec.Template);
        RestartPolicy(spec, path + ".template.spec.restartPolicy", errors);
    }

    private static void ManagedBy(string? manager, string path, FieldErrorList errors)
    {
        if (manager is null)
        {
            return;
        }

        var slash = manager.IndexOf('/');
        if (slash <= 0 || slash == manager.Length - 1)
        {
            errors.Invalid(path, manager, "must be a domain-prefixed path (such as \"acme.io/foo\")");
        }

        if (manager.Length > 63)
        {
            errors.TooLong(path, 63);
        }
    }

    private static void CompletionMode(JobSpec spec, string path, FieldErrorList errors)
    {
        if (spec.CompletionMode is not ("Indexed" or "NonIndexed"))
        {
            if (spec.CompletionMode is not null)
            {
                errors.NotSupported(path + ".completionMode", spec.CompletionMode, "Indexed", "NonIndexed");
            }

            return;
        }

        if (spec.CompletionMode == "NonIndexed")
        {
            Refuse(path + ".backoffLimitPerIndex", spec.BackoffLimitPerIndex);
            Refuse(path + ".maxFailedIndexes", spec.MaxFailedIndexes);
            return;
        }

        if (spec.Completions is null)
        {
            errors.Required(path + ".completions", "when completion mode is Indexed");
        }

        if (spec.Parallelism > MaxIndexedParallelism)
        {
            errors.Invalid(path + ".parallelism", spec.Parallelism, $"must be less than or equal to {MaxIndexedParallelism} when completion mode is Indexed");
        }

        if (spec.MaxFailedIndexes > spec.Completions)
        {
            errors.Invalid(path + ".maxFailedIndexes", spec.MaxFailedIndexes, "must be less than or equal to completions");
        }

        void Refuse(string field, int? value)
        {
            if (value is not null)
            {
                errors.Invalid(field, value, "requires indexed completion mode");
            }
        }
    }

    private static void ReplacementPolicy(JobSpec spec, string path, FieldErrorList errors)
    {
        if (spec.PodReplacementPolicy is not { } policy)
        {
            return;
        }

        if (spec.PodFailurePolicy is not null)
        {
            FieldRules.OneOf(errors, path, policy, "Failed");
        }
        else
        {
            FieldRules.OneOf(errors, path, policy, "Failed", "TerminatingOrFailed");
        }
    }

    private static void RestartPolicy(JobSpec spec, string path, FieldErrorList errors)
    {
        var policy = spec.Template.Spec.RestartPolicy;
        if (policy == "Always")
        {
            errors.Required(path, "valid values: \"OnFailure\", \"Never\"");
        }
        else if (policy is not ("OnFailure" or "Never"))
        {
            errors.NotSupported(path, policy, "OnFailure", "Never");
        }
        else if (spec.PodFailurePolicy is not null && policy != "Never")
        {
            errors.Invalid(path, policy, "only \"Never\" is supported when podFailurePolicy is specified");
        }
    }
}
