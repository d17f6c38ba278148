using System.Globalization;
using Kobune.Api.Batch.V1;
using Kobune.ApiServer.Resources.Checks;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.Resources.Batch;

/// <summary>spec.successPolicy.</summary>
internal static class SuccessPolicyChecks
{
    private const int MaxRules = 20;

    public static void Check(SuccessPolicy policy, JobSpec spec, string specPath, FieldErrorList errors)
    {
        var path = specPath + ".successPolicy";
        if (spec.CompletionMode != "Indexed")
        {
            errors.Invalid(path, policy, "requires indexed completion mode");
            return;
        }

        if (policy.Rules.Count == 0)
        {
            errors.Required(path + ".rules", "at least one rules must be specified when the successPolicy is specified");
        }
        else if (policy.Rules.Count > MaxRules)
        {
            errors.TooMany(path + ".rules", policy.Rules.Count, MaxRules);
        }

        for (var i = 0; i < policy.Rules.Count; i++)
        {
            Rule(policy.Rules[i], spec, $"{path}.rules[{i}]", errors);
        }
    }

    private static void Rule(SuccessPolicyRule rule, JobSpec spec, string path, FieldErrorList errors)
    {
        if (rule.SucceededCount is null && rule.SucceededIndexes is null)
        {
            errors.Required(path, "at least one of succeededCount or succeededIndexes must be specified");
        }

        var indexes = 0L;
        if (rule.SucceededIndexes is { } text)
        {
            if (CountIndexes(text, spec.Completions ?? 0) is { } count)
            {
                indexes = count;
            }
            else
            {
                errors.Invalid(path + ".succeededIndexes", text, "error parsing succeededIndexes: must be ordered, non-overlapping intervals below completions");
            }
        }

        FieldRules.Nonnegative(errors, path + ".succeededCount", rule.SucceededCount);
        if (rule.SucceededCount > spec.Completions)
        {
            errors.Invalid(path + ".succeededCount", rule.SucceededCount, $"must be less than or equal to {spec.Completions} (the number of specified completions)");
        }

        if (rule.SucceededIndexes is not null && rule.SucceededCount > indexes)
        {
            errors.Invalid(path + ".succeededCount", rule.SucceededCount, $"must be less than or equal to {indexes} (the number of indexes in the specified succeededIndexes field)");
        }
    }

    /// <summary>How many indexes "1,3-5" names, or null when it is malformed.</summary>
    private static long? CountIndexes(string text, int completions)
    {
        long total = 0;
        long last = -1;
        foreach (var part in text.Split(','))
        {
            var dash = part.IndexOf('-');
            var firstText = dash < 0 ? part : part[..dash];
            if (!int.TryParse(firstText, NumberStyles.None, CultureInfo.InvariantCulture, out var first)
                || !int.TryParse(dash < 0 ? part : part[(dash + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var end)
                || first <= last || end < first || (dash >= 0 && end == first) || end >= completions)
            {
                return null;
            }

            total += end - first + 1;
            last = end;
        }

        return total;
    }
}
