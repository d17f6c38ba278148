using Kobune.Scheduler.Cache;
using Kobune.Scheduler.Plugins;
using Kobune.Scheduler.Volumes;

namespace Kobune.Scheduler.Framework;

/// <summary>
/// The plug-ins of the scheduler in the order in which they are asked: the whole list stands here. Filters go from cheap and
/// telling to dear; the first that refuses a node ends the questions about it.
/// </summary>
internal sealed class Pipeline(Random random, int percentageOfNodesToScore, VolumeCatalog? volumes = null)
{
    private const int AlwaysScored = 100;

    private readonly IFilterPlugin[] _filters =
    [
        new NodeUnschedulable(),
        new NodeName(),
        new TaintToleration(),
        new NodeAffinity(),
        new NodePorts(),
        new NodeResourcesFit(),
        .. volumes is null ? Array.Empty<IFilterPlugin>() : [new VolumeRestrictions(volumes), new NodeVolumeLimits(volumes), new VolumeBinding(volumes), new VolumeZone(volumes)],
        new PodTopologySpread(),
        new InterPodAffinity(),
    ];

    private readonly IScorePlugin[] _scorers =
    [
        new TaintToleration(),
        new NodeAffinity(),
        new PodTopologySpread(),
        new InterPodAffinity(),
        new NodeResourcesFit(),
        new NodeResourcesBalancedAllocation(),
        new ImageLocality(),
    ];

    private int _start;

    public IReadOnlyList<IFilterPlugin> Filters => _filters;

    /// <summary>The best node for the Pod, or null when none can take it; the attempt then knows why.</summary>
    public int? Choose(Attempt attempt)
    {
        var feasible = Filter(attempt);
        return feasible.Count switch
        {
            0 => null,
            1 => feasible[0],
            _ => Best(attempt, feasible),
        };
    }

    /// <summary>The filters that have something to say about the Pod.</summary>
    public List<IFilterPlugin> Prepare(Attempt attempt)
    {
        var active = new List<IFilterPlugin>(_filters.Length);
        foreach (var filter in _filters)
        {
            if (filter.Prepare(attempt))
            {
                active.Add(filter);
            }
        }

        return active;
    }

    /// <summary>What the filters say of one node.</summary>
    public static Verdict Ask(List<IFilterPlugin> filters, Attempt attempt, int node)
    {
        foreach (var filter in filters)
        {
            var verdict = filter.Filter(attempt, node);
            if (!verdict.IsFit)
            {
                return verdict;
            }
        }

        return Verdict.Fits;
    }

    // With nominated Pods of at least this priority on the node it must fit twice: beside them, and also without them,
    // because it may need somebody near who is not there yet.
    private Verdict AskAll(List<IFilterPlugin> filters, Attempt attempt, int node)
    {
        if (attempt.Cache.Nominations.Before(attempt.Facts, attempt.Nodes[node]!.Metadata.Name) is { } nominated)
        {
            nominated.ForEach(p => attempt.Nodes.Add(node, p));
            try
            {
                var trial = new Attempt(attempt.Facts, attempt.Cache, attempt.Reasons);
                if (Ask(Prepare(trial), trial, node) is { IsFit: false } verdict)
                {
                    return verdict;
                }
            }
            finally
            {
                nominated.ForEach(p => attempt.Nodes.Remove(node, p));
            }
        }

        return Ask(filters, attempt, node);
    }

    private List<int> Filter(Attempt attempt)
    {
        var filters = Prepare(attempt);
        var feasible = new List<int>();
        if (attempt.Refusal is not null)
        {
            var nowhere = new Verdict(attempt.Reasons.Bit(attempt.RefusedBy, attempt.Refusal), true);
            for (var node = 0; node < attempt.Nodes.Limit; node++)
            {
                if (attempt.Nodes[node] is not null)
                {
                    attempt.Verdicts[node] = nowhere;
                }
            }

            return feasible;
        }

        // Others have left, or are leaving, a node for its sake: if it fits now there is nothing to compare.
        if (attempt.Pod.Status.NominatedNodeName is { Length: > 0 } name && attempt.Nodes.NumberOf(name) is { } nominated && AskAll(filters, attempt, nominated).IsFit)
        {
            return [nominated];
        }

        var enough = HowMany(attempt.Nodes.Count);
        var limit = attempt.Nodes.Limit;
        if (attempt.OnlyNodes is { } only)
        {
            FilterOnly(attempt, filters, only, feasible);
            return feasible;
        }

        // Begins where the last attempt stopped, so that all nodes get their turn although only a part is looked at.
        var looked = 0;
        for (; looked < limit && feasible.Count < enough; looked++)
        {
            var node = (_start + looked) % limit;
            if (attempt.Nodes[node] is null)
            {
                continue;
            }

            var verdict = AskAll(filters, attempt, node);
            if (verdict.IsFit)
            {
                feasible.Add(node);
            }
            else
            {
                attempt.Verdicts[node] = verdict;
            }
        }

        _start = limit == 0 ? 0 : (_start + looked) % limit;
        return feasible;
    }

    private void FilterOnly(Attempt attempt, List<IFilterPlugin> filters, IReadOnlySet<string> only, List<int> feasible)
    {
        var others = new Verdict(attempt.Reasons.Bit(attempt.OnlyNodesPlugin, $"node(s) didn't satisfy plugin(s) [{attempt.OnlyNodesPlugin}]"), true);
        for (var node = 0; node < attempt.Nodes.Limit; node++)
        {
            if (attempt.Nodes[node] is not { } info)
            {
                continue;
            }

            var verdict = only.Contains(info.Metadata.Name) ? AskAll(filters, attempt, node) : others;
            if (verdict.IsFit)
            {
                feasible.Add(node);
            }
            else
            {
                attempt.Verdicts[node] = verdict;
            }
        }
    }

    /// <summary>How many feasible nodes are enough: all of up to a hundred; of more, a part that shrinks with their number.</summary>
    private int HowMany(int nodes)
    {
        if (nodes < AlwaysScored || percentageOfNodesToScore >= 100)
        {
            return nodes;
        }

        var percent = percentageOfNodesToScore > 0 ? percentageOfNodesToScore : Math.Max(5, 50 - (nodes / 125));
        return Math.Max(AlwaysScored, nodes * percent / 100);
    }

    private int Best(Attempt attempt, List<int> nodes)
    {
        Span<long> totals = nodes.Count <= 512 ? stackalloc long[nodes.Count] : new long[nodes.Count];
        Span<long> scores = nodes.Count <= 512 ? stackalloc long[nodes.Count] : new long[nodes.Count];
        totals.Clear();
        foreach (var scorer in _scorers)
        {
            if (!scorer.Prepare(attempt, nodes))
            {
                continue;
            }

            for (var i = 0; i < nodes.Count; i++)
            {
                scores[i] = scorer.Score(attempt, nodes[i]);
            }

            scorer.Normalize(attempt, scores);
            for (var i = 0; i < nodes.Count; i++)
            {
                totals[i] += scorer.Weight * scores[i];
            }
        }

        return nodes[Highest(totals)];
    }

    // Among equals any, with equal chance.
    private int Highest(ReadOnlySpan<long> totals)
    {
        var best = 0;
        var equals = 1;
        for (var i = 1; i < totals.Length; i++)
        {
            if (totals[i] > totals[best])
            {
                (best, equals) = (i, 1);
            }
            else if (totals[i] == totals[best] && random.Next(++equals) == 0)
            {
                best = i;
            }
        }

        return best;
    }
}
