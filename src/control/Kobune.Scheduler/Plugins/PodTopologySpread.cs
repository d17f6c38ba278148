using Kobune.Api.Core.V1;
using Kobune.Runtime;
using Kobune.Scheduler.Cache;
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

        attempt.SetState(new Hard(constraints, CountHard(attempt, constraints)));
        return true;
    }

    public Verdict Filter(Attempt attempt, int node)
    {
        var state = attempt.State<Hard>();
        for (var i = 0; i < state.Constraints.Length; i++)
        {
            var constraint = state.Constraints[i];
            var (domains, least) = state.Counts[i];
            if (!domains.Has(node))
            {
                return new Verdict(attempt.Reasons.Bit(Name, Reason + " (missing required label)"), true);
            }

            if (domains[node] + (constraint.CountsItself ? 1 : 0) - least > constraint.MaxSkew)
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

        attempt.SetState(new Soft(Array.ConvertAll(soft, c => new SoftPart(Count(attempt, c, node => c.Includes(attempt, node)).Domains, c.MaxSkew))));
        return true;
    }

    public long Score(Attempt attempt, int node)
    {
        double sum = 0;
        foreach (var part in attempt.State<Soft>().Parts)
        {
            // Many domains make each less important: without the logarithm hosts would drown zones.
            sum += part.Domains.Has(node) ? (part.Domains[node] * part.Weight) + (part.MaxSkew - 1) : part.Most + part.MaxSkew;
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

        if (attempt.Nodes.Pods.OfController(controller) is not { } nodes)
        {
            return false;
        }

        var hosts = new DomainCounts(attempt.Nodes.TopologyOf(Hostname));
        var zones = new DomainCounts(attempt.Nodes.TopologyOf(Zone));
        foreach (var (node, count) in nodes)
        {
            hosts.Add(node, count);
            zones.Add(node, count);
        }

        attempt.SetState(new Soft(zones.All.Length > 0 ? [new SoftPart(hosts, 3), new SoftPart(zones, 5)] : [new SoftPart(hosts, 3)]));
        return true;
    }

    private static SpreadConstraint[] Constraints(Attempt attempt, string whenUnsatisfiable) => attempt.Pod.Spec.TopologySpreadConstraints.Count == 0
        ? []
        : [.. attempt.Pod.Spec.TopologySpreadConstraints.Where(c => c.WhenUnsatisfiable == whenUnsatisfiable).Select(c => new SpreadConstraint(attempt.Pod, c))];

    // Only nodes that have all the keys take part.
    private static (DomainCounts Domains, long Least)[] CountHard(Attempt attempt, SpreadConstraint[] constraints)
    {
        var topologies = Array.ConvertAll(constraints, c => attempt.Nodes.TopologyOf(c.TopologyKey));
        var takesPart = new bool[attempt.Nodes.Limit];
        for (var node = 0; node < takesPart.Length; node++)
        {
            takesPart[node] = attempt.Nodes[node] is not null && Array.TrueForAll(topologies, t => t[node] >= 0);
        }

        return Array.ConvertAll(constraints, c =>
        {
            var (domains, present) = Count(attempt, c, node => c.Includes(attempt, node), takesPart);
            return (domains, Least(c, domains, present));
        });
    }

    private static (DomainCounts Domains, bool[] Present) Count(Attempt attempt, SpreadConstraint constraint, Func<Node, bool> includes, bool[]? takesPart = null)
    {
        var topology = attempt.Nodes.TopologyOf(constraint.TopologyKey);
        var domains = new DomainCounts(topology);
        var present = new bool[topology.Count];
        var perNode = constraint.PerNode(attempt);
        for (var node = 0; node < attempt.Nodes.Limit; node++)
        {
            if (topology[node] is >= 0 and var domain && attempt.Nodes[node] is { } info && takesPart?[node] != false && includes(info))
            {
                present[domain] = true;
                if (perNode[node] is not 0 and var count)
                {
                    domains.Add(node, count);
                }
            }
        }

        return (domains, present);
    }

    // With fewer domains than asked for, the missing ones count as empty.
    private static long Least(SpreadConstraint constraint, DomainCounts domains, bool[] present)
    {
        var least = long.MaxValue;
        var known = 0;
        for (var domain = 0; domain < present.Length; domain++)
        {
            if (present[domain])
            {
                known++;
                least = Math.Min(least, domains.All[domain]);
            }
        }

        return known == 0 || known < constraint.MinDomains ? 0 : least;
    }

    private sealed record Hard(SpreadConstraint[] Constraints, (DomainCounts Domains, long Least)[] Counts);

    private sealed record Soft(SoftPart[] Parts);

    private sealed class SoftPart(DomainCounts domains, int maxSkew)
    {
        public DomainCounts Domains => domains;

        public int MaxSkew => maxSkew;

        public double Weight { get; } = Math.Log(domains.All.Length + 2);

        public long Most { get; } = Highest(domains.All);

        private static long Highest(ReadOnlySpan<long> counts)
        {
            long most = 0;
            foreach (var count in counts)
            {
                most = Math.Max(most, count);
            }

            return most;
        }
    }
}
