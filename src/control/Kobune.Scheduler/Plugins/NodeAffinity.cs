using Kobune.Scheduler.Cache;
using Kobune.Scheduler.Framework;

namespace Kobune.Scheduler.Plugins;

/// <summary>nodeSelector, and node affinity required and preferred.</summary>
internal sealed class NodeAffinity : IFilterPlugin, IScorePlugin
{
    public string Name => "NodeAffinity";

    public int Weight => 2;

    public ClusterEvents HelpedBy => ClusterEvents.NodeAdded | ClusterEvents.NodeLabels;

    public bool Prepare(Attempt attempt)
    {
        if (attempt.Facts.NodeAffinity is not { } affinity)
        {
            return false;
        }

        if (affinity.OnlyNodes() is { } only)
        {
            attempt.OnlyNodes = only;
            attempt.OnlyNodesPlugin = Name;
        }

        return true;
    }

    public Verdict Filter(Attempt attempt, int node) => attempt.Facts.NodeAffinity!.Matches(attempt.Nodes[node]!)
        ? Verdict.Fits
        : new Verdict(attempt.Reasons.Bit(Name, "node(s) didn't match Pod's node affinity/selector"), true);

    public bool Prepare(Attempt attempt, IReadOnlyList<int> nodes)
    {
        var preferred = attempt.Pod.Spec.Affinity?.NodeAffinity?.PreferredDuringSchedulingIgnoredDuringExecution;
        if (preferred is not { Count: > 0 })
        {
            return false;
        }

        attempt.SetState(new Preferences([.. preferred.Where(p => p.Weight != 0).Select(p => (NodeSelectorMatcher.Of(p.Preference), p.Weight))]));
        return true;
    }

    public long Score(Attempt attempt, int node)
    {
        long sum = 0;
        foreach (var (term, weight) in attempt.State<Preferences>().Terms)
        {
            sum += term.Matches(attempt.Nodes[node]!) ? weight : 0;
        }

        return sum;
    }

    public void Normalize(Attempt attempt, Span<long> scores) => Scores.Scale(scores);

    private sealed record Preferences((NodeSelectorMatcher Term, int Weight)[] Terms);
}
