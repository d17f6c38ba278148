using System.Globalization;
using Kobune.Api.Core.V1;

namespace Kobune.Kubelet.Admission;

/// <summary>Whether a node is one that a Pod accepts: nodeSelector and required node affinity.</summary>
internal static class NodeSelectors
{
    public static bool Match(Pod pod, Node node)
    {
        var labels = node.Metadata.Labels;
        if (pod.Spec.NodeSelector.Any(s => !labels.TryGetValue(s.Key, out var value) || value != s.Value))
        {
            return false;
        }

        return pod.Spec.Affinity?.NodeAffinity?.RequiredDuringSchedulingIgnoredDuringExecution is not { } required
            || required.NodeSelectorTerms.Any(t => Matches(t, node));
    }

    /// <summary>A term without requirements matches nothing.</summary>
    private static bool Matches(NodeSelectorTerm term, Node node) =>
        term.MatchExpressions.Count + term.MatchFields.Count > 0
        && term.MatchExpressions.TrueForAll(r => Matches(r, node.Metadata.Labels.GetValueOrDefault(r.Key)))
        && term.MatchFields.TrueForAll(r => Matches(r, r.Key == "metadata.name" ? node.Metadata.Name : null));

    private static bool Matches(NodeSelectorRequirement requirement, string? value) => requirement.Operator switch
    {
        "In" => value is not null && requirement.Values.Contains(value),
        "NotIn" => value is null || !requirement.Values.Contains(value),
        "Exists" => value is not null,
        "DoesNotExist" => value is null,
        "Gt" => Compare(requirement, value) > 0,
        "Lt" => Compare(requirement, value) < 0,
        _ => false,
    };

    private static int Compare(NodeSelectorRequirement requirement, string? value) =>
        requirement.Values.Count == 1
        && long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var has)
        && long.TryParse(requirement.Values[0], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var asked)
            ? has.CompareTo(asked)
            : 0;
}
