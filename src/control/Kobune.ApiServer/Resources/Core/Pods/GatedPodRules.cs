using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.Resources.Core.Pods;

/// <summary>A Pod behind a scheduling gate may still be narrowed: more node selectors, more requirements of its node affinity.</summary>
internal static class GatedPodRules
{
    /// <param name="spec">What is allowed is set back to <paramref name="old"/> in it.</param>
    public static void Validate(PodSpec spec, PodSpec old, FieldPath path, FieldErrorList errors)
    {
        if (old.NodeSelector.Any(p => !spec.NodeSelector.TryGetValue(p.Key, out var value) || value != p.Value))
        {
            errors.Invalid(path.Child("nodeSelector"), spec.NodeSelector, "only additions to spec.nodeSelector are allowed (no mutations or deletions)");
        }

        spec.NodeSelector = old.NodeSelector;
        var (node, before) = (spec.Affinity?.NodeAffinity, old.Affinity?.NodeAffinity);
        if (ApiStruct.DeepEquals(node, before))
        {
            return;
        }

        Terms(node, before, path.Child("affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms"), errors);
        spec.Affinity ??= new Affinity();
        spec.Affinity.NodeAffinity = before;
        if (old.Affinity == null && spec.Affinity.PodAffinity == null && spec.Affinity.PodAntiAffinity == null)
        {
            spec.Affinity = null;
        }
    }

    private static void Terms(NodeAffinity? affinity, NodeAffinity? old, FieldPath path, FieldErrorList errors)
    {
        var before = old?.RequiredDuringSchedulingIgnoredDuringExecution?.NodeSelectorTerms ?? [];
        var terms = affinity?.RequiredDuringSchedulingIgnoredDuringExecution?.NodeSelectorTerms ?? [];
        if (before.Count > 0 && before.Count != terms.Count)
        {
            errors.Invalid(path, terms, "no additions/deletions to non-empty NodeSelectorTerms list are allowed");
            return;
        }

        for (var i = 0; i < before.Count; i++)
        {
            var empty = before[i].MatchExpressions.Count + before[i].MatchFields.Count == 0;
            var grown = empty
                ? terms[i].MatchExpressions.Count + terms[i].MatchFields.Count == 0
                : BeginsWith(terms[i].MatchExpressions, before[i].MatchExpressions) && BeginsWith(terms[i].MatchFields, before[i].MatchFields);
            if (!grown)
            {
                errors.Invalid(path.Index(i), terms[i], "only additions are allowed (no mutations or deletions)");
            }
        }
    }

    private static bool BeginsWith(List<NodeSelectorRequirement> list, List<NodeSelectorRequirement> start) =>
        list.Count >= start.Count && ApiStruct.DeepEquals(list.GetRange(0, start.Count), start);
}
