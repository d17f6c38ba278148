using Kobune.Api.Batch.V1;

namespace Kobune.Controllers.Jobs;

/// <summary>Reads spec.successPolicy.</summary>
internal static class SuccessPolicies
{
    /// <summary>The number of the first rule that the succeeded indexes meet, or null.</summary>
    public static int? Met(Job job, IndexSet succeeded)
    {
        var rules = job.Spec.SuccessPolicy?.Rules ?? [];
        for (var i = 0; i < rules.Count; i++)
        {
            if (IsMet(rules[i], succeeded, job.Spec.Completions ?? 0))
            {
                return i;
            }
        }

        return null;
    }

    private static bool IsMet(SuccessPolicyRule rule, IndexSet succeeded, int completions)
    {
        if (rule.SucceededIndexes is not { } text)
        {
            return succeeded.Count >= rule.SucceededCount;
        }

        var wanted = IndexSet.Parse(text, completions);
        return succeeded.CountCommon(wanted) >= (rule.SucceededCount ?? wanted.Count);
    }
}
