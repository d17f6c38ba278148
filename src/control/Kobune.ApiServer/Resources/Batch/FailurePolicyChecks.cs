using Kobune.Api.Batch.V1;
using Kobune.ApiServer.Resources.Checks;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.Resources.Batch;

/// <summary>spec.podFailurePolicy.</summary>
internal static class FailurePolicyChecks
{
    private const int MaxRules = 20;
    private const int MaxExitCodes = 255;
    private const int MaxPatterns = 20;

    public static void Check(PodFailurePolicy policy, JobSpec spec, string path, FieldErrorList errors)
    {
        if (policy.Rules.Count > MaxRules)
        {
            errors.TooMany(path + ".rules", policy.Rules.Count, MaxRules);
        }

        var containers = spec.Template.Spec.Containers.Concat(spec.Template.Spec.InitContainers).Select(c => c.Name).ToHashSet(StringComparer.Ordinal);
        for (var i = 0; i < policy.Rules.Count; i++)
        {
            Rule(policy.Rules[i], spec, containers, $"{path}.rules[{i}]", errors);
        }
    }

    private static void Rule(PodFailurePolicyRule rule, JobSpec spec, HashSet<string> containers, string path, FieldErrorList errors)
    {
        if (rule.Action.Length == 0)
        {
            errors.Required(path + ".action", "valid values: \"Count\", \"FailIndex\", \"FailJob\", \"Ignore\"");
        }
        else
        {
            if (rule.Action == "FailIndex" && spec.BackoffLimitPerIndex is null)
            {
                errors.Invalid(path + ".action", rule.Action, "requires the backoffLimitPerIndex to be set");
            }

            FieldRules.OneOf(errors, path + ".action", rule.Action, "Count", "FailIndex", "FailJob", "Ignore");
        }

        if (rule.OnExitCodes is { } codes)
        {
            ExitCodes(codes, containers, path + ".onExitCodes", errors);
        }

        if (rule.OnPodConditions.Count > MaxPatterns)
        {
            errors.TooMany(path + ".onPodConditions", rule.OnPodConditions.Count, MaxPatterns);
        }

        for (var i = 0; i < rule.OnPodConditions.Count; i++)
        {
            Pattern(rule.OnPodConditions[i], $"{path}.onPodConditions[{i}]", errors);
        }

        if (rule.OnExitCodes is not null && rule.OnPodConditions.Count > 0)
        {
            errors.Invalid(path, rule, "specifying both OnExitCodes and OnPodConditions is not supported");
        }

        if (rule.OnExitCodes is null && rule.OnPodConditions.Count == 0)
        {
            errors.Invalid(path, rule, "specifying one of OnExitCodes and OnPodConditions is required");
        }
    }

    private static void ExitCodes(PodFailurePolicyOnExitCodesRequirement codes, HashSet<string> containers, string path, FieldErrorList errors)
    {
        if (codes.Operator.Length == 0)
        {
            errors.Required(path + ".operator", "valid values: \"In\", \"NotIn\"");
        }
        else
        {
            FieldRules.OneOf(errors, path + ".operator", codes.Operator, "In", "NotIn");
        }

        if (codes.ContainerName is { } container && !containers.Contains(container))
        {
            errors.Invalid(path + ".containerName", container, "must be one of the container or initContainer names in the pod template");
        }

        if (codes.Values.Count == 0)
        {
            errors.Invalid(path + ".values", Shown.Verbatim("[]"), "at least one value is required");
        }
        else if (codes.Values.Count > MaxExitCodes)
        {
            errors.TooMany(path + ".values", codes.Values.Count, MaxExitCodes);
        }

        var ordered = true;
        var seen = new HashSet<int>();
        for (var i = 0; i < codes.Values.Count; i++)
        {
            var value = codes.Values[i];
            if (codes.Operator == "In" && value == 0)
            {
                errors.Invalid($"{path}.values[{i}]", value, "must not be 0 for the In operator");
            }

            if (!seen.Add(value))
            {
                errors.Duplicate($"{path}.values[{i}]", value);
            }

            ordered = ordered && (i == 0 || codes.Values[i - 1] <= value);
        }

        if (!ordered)
        {
            errors.Invalid(path + ".values", Shown.Verbatim($"[{string.Join(',', codes.Values)}]"), "must be ordered");
        }
    }

    private static void Pattern(PodFailurePolicyOnPodConditionsPattern pattern, string path, FieldErrorList errors)
    {
        if (Kobune.Api.LabelSyntax.KeyError(pattern.Type) is { } wrong)
        {
            errors.Invalid(path + ".type", pattern.Type, wrong);
        }

        if (pattern.Status.Length == 0)
        {
            errors.Required(path + ".status", "valid values: \"False\", \"True\", \"Unknown\"");
        }
        else
        {
            FieldRules.OneOf(errors, path + ".status", pattern.Status, "False", "True", "Unknown");
        }
    }
}
