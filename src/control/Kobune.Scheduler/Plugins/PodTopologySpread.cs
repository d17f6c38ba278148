using Kobune.Api.Core.V1;
using Kobune.Runtime;
using Kobune.Scheduler.Framework;

namespace Kobune.Scheduler.Plugins;

/// <summary>
/// Spreads Pods evenly over the values of a node label: as a condition (DoNotSchedule) or a preference (ScheduleAnyway).
/// Pods without constraints of their own are spread by preference over nodes and zones with those of the same controller.
/// </summary>
internal sealed class PodTopologySpread : IFilterPlugin, IScorePlugin
{
    private const string Reason = "node(s) didn't match pod topology spread constraints";
    private const string Hostname = "kubernetes.io/hostname";
    private const string Zone = "topology.kubernetes.io/zone";

    public string Name => "PodTopologySpread";

    public int Weight => 2;

    public ClusterEvents HelpedBy => ClusterEvents.NodeAdded | ClusterEvents.NodeLabels | ClusterEvents.NodeTaints | ClusterEvents.PodAssigned | ClusterEvents.PodRemoved;

    public bool Prepare(Attempt attempt)
    {
        var constraints = Constraints(attempt, "DoNotSchedule");
        if (constraints.Length == 0)
        {
            return false;
        }

        var counts = Array.ConvertAll(constraints, _ => new Dictionary<string, int>());
        ForEachNode(attempt, (number, node) =>
        {
            if (!Array.TrueForAll(constraints, c => node.Metadata.Labels.ContainsKey(c.TopologyKey)))
            {
                return;
            }

            for (var i = 0; i < constraints.Length; i++)
            {
                if (constraints[i].Includes(attempt, node))
                {
                    var value = node.Metadata.Labels[constraints[i].TopologyKey];
                    counts[i][value] = counts[i].GetValueOrDefault(value) + CountOn(attempt, number, constraints[i]);
                }
            }
        });
        attempt.SetState(new Hard(constraints, counts, [.. constraints.Select((c, i) => Least(c, counts[i]))]));
        return true;
    }

    public Verdict Filter(Attempt attempt, int node)
    {
        var state = attempt.State<Hard>();
        var labels = attempt.Nodes[node]!.Metadata.Labels;
        for (var i = 0; i < state.Constraints.Length; i++)
        {
            var constraint = state.Constraints[i];
            if (!labels.TryGetValue(constraint.TopologyKey, out var value))
            {
                return new Verdict(attempt.Reasons.Bit(Name, Reason + " (missing required label)"), true);
            }

            var count = state.Counts[i].GetValueOrDefault(value) + (constraint.CountsItself ? 1 : 0);
            if (count - state.Least[i] > constraint.MaxSkew)
            {
                return new Verdict(attempt.Reasons.Bit(Name, Reason), false);
            }
        }

        return Verdict.Fits;
    }

    public bool Prepare(Attempt attempt, IReadOnlyList<int> nodes)
    {
        var soft = Constraints(attempt, "ScheduleAnyway");
        if (soft.Length == 0 && attempt.Pod.Spec.TopologySpreadConstraints.Count == 0)
        {
            return PrepareDefault(attempt);
        }

        if (soft.Length == 0)
        {
            return false;
        }

        var counts = Array.ConvertAll(soft, _ => new Dictionary<string, int>());
        ForEachNode(attempt, (number, node) =>
        {
            for (var i = 0; i < soft.Length; i++)
            {
                if (node.Metadata.Labels.TryGetValue(soft[i].TopologyKey, out var value) && soft[i].Includes(attempt, node))
                {
                    counts[i][value] = counts[i].GetValueOrDefault(value) + CountOn(attempt, number, soft[i]);
                }
            }
        });
        attempt.SetState(new Soft([.. soft.Select((c, i) => (c.TopologyKey, c.MaxSkew, counts[i]))]));
        return true;
    }

    public long Score(Attempt attempt, int node)
    {
        double sum = 0;
        var labels = attempt.Nodes[node]!.Metadata.Labels;
        foreach (var (key, maxSkew, counts) in attempt.State<Soft>().Parts)
        {
            // Many domains make each less important: without the logarithm hosts would drown zones.
            sum += labels.TryGetValue(key, out var value)
                ? (counts.GetValueOrDefault(value) * Math.Log(counts.Count + 2)) + (maxSkew - 1)
                : counts.Values.DefaultIfEmpty().Max() + maxSkew;
        }

        return (long)Math.Round(sum * 100);
    }

    public void Normalize(Attempt attempt, Span<long> scores)
    {
        long min = long.MaxValue, max = 0;
        foreach (var score in scores)
        {
            (min, max) = (Math.Min(min, score), Math.Max(max, score));
        }

        for (var i = 0; i < scores.Length; i++)
        {
            scores[i] = max == 0 ? Scores.Max : Scores.Max * (max + min - scores[i]) / max;
        }
    }

    private static bool PrepareDefault(Attempt attempt)
    {
        if (Indexes.ControllerOf(attempt.Pod)?.Uid is not { } controller)
        {
            return false;
        }

        var hosts = new Dictionary<string, int>();
        var zones = new Dictionary<string, int>();
        var found = false;
        ForEachNode(attempt, (number, node) =>
        {
            var count = attempt.Nodes.PodsOn(number).Count(p => p.Pod.Metadata.DeletionTimestamp is null && Indexes.ControllerOf(p.Pod)?.Uid == controller);
            found |= count > 0;
            Add(hosts, node, Hostname, count);
            Add(zones, node, Zone, count);
        });
        attempt.SetState(new Soft(zones.Count > 0 ? [(Hostname, 3, hosts), (Zone, 5, zones)] : [(Hostname, 3, hosts)]));
        return found;
    }

    private static void Add(Dictionary<string, int> counts, Node node, string key, int count)
    {
        if (node.Metadata.Labels.TryGetValue(key, out var value))
        {
            counts[value] = counts.GetValueOrDefault(value) + count;
        }
    }

    private static SpreadConstraint[] Constraints(Attempt attempt, string whenUnsatisfiable) => attempt.Pod.Spec.TopologySpreadConstraints.Count == 0
        ? []
        : [.. attempt.Pod.Spec.TopologySpreadConstraints.Where(c => c.WhenUnsatisfiable == whenUnsatisfiable).Select(c => new SpreadConstraint(attempt.Pod, c))];

    // With fewer domains than asked for, the missing ones count as empty.
    private static int Least(SpreadConstraint constraint, Dictionary<string, int> counts) =>
        counts.Count < constraint.MinDomains ? 0 : counts.Values.DefaultIfEmpty().Min();

    private static int CountOn(Attempt attempt, int node, SpreadConstraint constraint)
    {
        var count = 0;
        foreach (var pod in attempt.Nodes.PodsOn(node))
        {
            count += constraint.Counts(pod.Pod) ? 1 : 0;
        }

        return count;
    }

    private static void ForEachNode(Attempt attempt, Action<int, Node> action)
    {
        for (var number = 0; number < attempt.Nodes.Limit; number++)
        {
            if (attempt.Nodes[number] is { } node)
            {
                action(number, node);
            }
        }
    }

    private sealed record Hard(SpreadConstraint[] Constraints, Dictionary<string, int>[] Counts, int[] Least);

    private sealed record Soft((string Key, int MaxSkew, Dictionary<string, int> Counts)[] Parts);
}
