using Kobune.Api;
using Kobune.Api.Policy.V1;
using Kobune.Runtime;
using Kobune.Scheduler.Cache;

namespace Kobune.Scheduler.Preemption;

/// <summary>Which of the Pods to remove would break a PodDisruptionBudget. Budgets are kept when possible and broken when not.</summary>
internal sealed class DisruptionBudgets(ILister<PodDisruptionBudget> budgets)
{
    /// <summary>The uids of the Pods that no budget has anything left for, when all of them go in this order.</summary>
    public HashSet<string> Broken(IEnumerable<PodFacts> pods)
    {
        var left = new Dictionary<string, int>(StringComparer.Ordinal);
        var broken = new HashSet<string>(StringComparer.Ordinal);
        foreach (var pod in pods)
        {
            foreach (var budget in budgets.List(pod.Pod.Namespace))
            {
                if (budget.Status.DisruptedPods.ContainsKey(pod.Pod.Name) || !Covers(budget, pod))
                {
                    continue; // it has been counted already, or is none of its
                }

                var remaining = left.GetValueOrDefault(budget.Key, budget.Status.DisruptionsAllowed) - 1;
                left[budget.Key] = remaining;
                if (remaining < 0)
                {
                    broken.Add(pod.Uid);
                }
            }
        }

        return broken;
    }

    private static bool Covers(PodDisruptionBudget budget, PodFacts pod) =>
        pod.Pod.Metadata.Labels.Count > 0 && LabelSelectors.From(budget.Spec.Selector).Matches(pod.Pod.Metadata.Labels);
}
