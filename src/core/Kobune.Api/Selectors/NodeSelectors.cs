using Kobune.Api.Core.V1;

namespace Kobune.Api;

/// <summary>Node selectors, as in node affinity of Pods and volumes.</summary>
public static class NodeSelectors
{
    /// <summary>Whether a node fulfils the selector: one term must hold in whole; a term without requirements holds nowhere.</summary>
    public static bool Matches(NodeSelector selector, Core.V1.Node node) => selector.NodeSelectorTerms.Exists(t =>
        t.MatchExpressions.Count + t.MatchFields.Count > 0
        && t.MatchExpressions.TrueForAll(e => Holds(e, node.Metadata.Labels.TryGetValue(e.Key, out var value), value))
        && t.MatchFields.TrueForAll(e => Holds(e, true, node.Name)));

    private static bool Holds(NodeSelectorRequirement requirement, bool has, string? value) => requirement.Operator switch
    {
        "In" => has && requirement.Values.Contains(value!),
        "NotIn" => !has || !requirement.Values.Contains(value!),
        "Exists" => has,
        "DoesNotExist" => !has,
        "Gt" => long.TryParse(value, out var a) && long.TryParse(requirement.Values.FirstOrDefault(), out var b) && a > b,
        "Lt" => long.TryParse(value, out var a) && long.TryParse(requirement.Values.FirstOrDefault(), out var b) && a < b,
        _ => false,
    };
}
