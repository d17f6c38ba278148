using Kobune.Api.Batch.V1;
using Kobune.Api.Core.V1;

namespace Kobune.Controllers.Jobs;

/// <summary>What a failed Pod means: whether it counts, and whether it ends its index or the whole Job (and why).</summary>
internal sealed record FailureVerdict(bool Counts, bool FailsIndex = false, string? FailsJob = null);

/// <summary>Reads spec.podFailurePolicy: the first rule that matches decides.</summary>
internal static class FailurePolicies
{
    public static FailureVerdict Judge(Job job, Pod pod)
    {
        var rules = job.Spec.PodFailurePolicy?.Rules ?? [];
        for (var i = 0; i < rules.Count; i++)
        {
            if (Match(rules[i], pod, i) is { } why)
            {
                return rules[i].Action switch
                {
                    "Ignore" => new FailureVerdict(false),
                    "FailIndex" => new FailureVerdict(true, FailsIndex: true),
                    "FailJob" => new FailureVerdict(true, FailsJob: why),
                    _ => new FailureVerdict(true),
                };
            }
        }

        return new FailureVerdict(true);
    }

    private static string? Match(PodFailurePolicyRule rule, Pod pod, int index) =>
        rule.OnExitCodes is { } codes ? MatchCodes(rule, codes, pod, index) : MatchConditions(rule, pod, index);

    private static string? MatchCodes(PodFailurePolicyRule rule, PodFailurePolicyOnExitCodesRequirement codes, Pod pod, int index)
    {
        foreach (var status in pod.Status.ContainerStatuses.Concat(pod.Status.InitContainerStatuses))
        {
            if (status.State.Terminated is { ExitCode: not 0 } end
                && (codes.ContainerName is null || codes.ContainerName == status.Name)
                && codes.Values.Contains(end.ExitCode) == (codes.Operator == "In"))
            {
                return $"Container {status.Name} for pod {pod.Key} failed with exit code {end.ExitCode} matching {rule.Action} rule at index {index}";
            }
        }

        return null;
    }

    private static string? MatchConditions(PodFailurePolicyRule rule, Pod pod, int index)
    {
        foreach (var pattern in rule.OnPodConditions)
        {
            if (pod.Condition(pattern.Type)?.Status == (pattern.Status.Length == 0 ? "True" : pattern.Status))
            {
                return $"Pod {pod.Key} has condition {pattern.Type} matching {rule.Action} rule at index {index}";
            }
        }

        return null;
    }
}
