using Kobune.Api.Core.V1;
using Kobune.Api.Meta.V1;

namespace Kobune.ApiServer.Resources.Core.Pods;

/// <summary>
/// matchLabelKeys say "Pods with my own value of this label": at creation the value becomes part of the selector, so
/// that nobody else needs to know.
/// </summary>
internal static class MatchLabelKeys
{
    public static void Merge(Pod pod)
    {
        foreach (var constraint in pod.Spec.TopologySpreadConstraints)
        {
            Add(constraint.MatchLabelKeys, constraint.LabelSelector, "In", pod);
        }

        if (pod.Spec.Affinity is not { } affinity)
        {
            return;
        }

        var terms = (affinity.PodAffinity?.RequiredDuringSchedulingIgnoredDuringExecution ?? [])
            .Concat(affinity.PodAffinity?.PreferredDuringSchedulingIgnoredDuringExecution.Select(w => w.PodAffinityTerm) ?? [])
            .Concat(affinity.PodAntiAffinity?.RequiredDuringSchedulingIgnoredDuringExecution ?? [])
            .Concat(affinity.PodAntiAffinity?.PreferredDuringSchedulingIgnoredDuringExecution.Select(w => w.PodAffinityTerm) ?? []);
        foreach (var term in terms)
        {
            Add(term.MatchLabelKeys, term.LabelSelector, "In", pod);
            Add(term.MismatchLabelKeys, term.LabelSelector, "NotIn", pod);
        }
    }

    private static void Add(List<string> keys, LabelSelector? selector, string operation, Pod pod)
    {
        foreach (var key in keys)
        {
            if (selector != null && pod.Metadata.Labels.TryGetValue(key, out var value))
            {
                selector.MatchExpressions.Add(new LabelSelectorRequirement { Key = key, Operator = operation, Values = [value] });
            }
        }
    }
}
