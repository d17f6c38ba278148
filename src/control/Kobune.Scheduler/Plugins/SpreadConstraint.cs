using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.Api.Meta.V1;
using Kobune.Scheduler.Cache;
using Kobune.Scheduler.Framework;

namespace Kobune.Scheduler.Plugins;

/// <summary>One topology spread constraint of a Pod, made ready.</summary>
internal sealed class SpreadConstraint
{
    private readonly ISelector _selector;
    private readonly bool _honorTaints;
    private readonly bool _honorAffinity;
    private readonly string _namespace;
    private readonly string _signature;

    public SpreadConstraint(Pod pod, TopologySpreadConstraint constraint)
    {
        TopologyKey = constraint.TopologyKey;
        MaxSkew = constraint.MaxSkew;
        MinDomains = constraint.MinDomains ?? 1;
        _honorTaints = constraint.NodeTaintsPolicy == "Honor";
        _honorAffinity = constraint.NodeAffinityPolicy != "Ignore";
        _namespace = pod.Metadata.Namespace;
        var labels = WithPodsOwnLabels(pod, constraint);
        _selector = LabelSelectors.From(labels);
        _signature = $"spread\n{_namespace}\n{(labels is null ? "none" : LabelSelectors.Format(labels))}";
        CountsItself = _selector.Matches(pod.Metadata.Labels);
    }

    public string TopologyKey { get; }
    public int MaxSkew { get; }
    public int MinDomains { get; }

    /// <summary>Whether the Pod adds to the count where it is placed.</summary>
    public bool CountsItself { get; }

    /// <summary>The Pods per node that it compares.</summary>
    public NodeCounts PerNode(Attempt attempt) => attempt.Nodes.Pods.Counting(_signature, Counts, attempt.Nodes);

    private bool Counts(Pod pod) => pod.Metadata.DeletionTimestamp is null && pod.Metadata.Namespace == _namespace && _selector.Matches(pod.Metadata.Labels);

    /// <summary>Whether the node takes part in the comparison.</summary>
    public bool Includes(Attempt attempt, Node node) => !IsPicky(attempt) ||
        (!_honorAffinity || attempt.Facts.NodeAffinity?.Matches(node) != false)
        && (!_honorTaints || node.Spec.Taints.TrueForAll(t => t.Effect == "PreferNoSchedule" || TaintToleration.Tolerates(attempt.Pod.Spec.Tolerations, t)));

    // Most Pods require nothing of their nodes, and then all nodes take part.
    private bool IsPicky(Attempt attempt) => _honorTaints || (_honorAffinity && attempt.Facts.NodeAffinity is not null);

    // matchLabelKeys: only Pods with the same values as this one, such as those of the same revision.
    private static LabelSelector? WithPodsOwnLabels(Pod pod, TopologySpreadConstraint constraint)
    {
        if (constraint.MatchLabelKeys.Count == 0)
        {
            return constraint.LabelSelector;
        }

        var selector = constraint.LabelSelector?.Clone() ?? new LabelSelector();
        foreach (var key in constraint.MatchLabelKeys)
        {
            if (pod.Metadata.Labels.TryGetValue(key, out var value))
            {
                selector.MatchLabels[key] = value;
            }
        }

        return selector;
    }
}
