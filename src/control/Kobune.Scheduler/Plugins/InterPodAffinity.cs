using Kobune.Scheduler.Cache;
using Kobune.Scheduler.Framework;

namespace Kobune.Scheduler.Plugins;

/// <summary>
/// Places Pods near others or away from them, and away from those that want to be away from them. "Near" is the same value
/// of a node label, the topology. Everything is read from counts per node that are kept as Pods come and go.
/// </summary>
internal sealed class InterPodAffinity : IFilterPlugin, IScorePlugin
{
    // A required affinity of an existing Pod is a mild preference for the Pods that match it.
    private const int HardAffinityWeight = 1;

    public string Name => "InterPodAffinity";

    public int Weight => 2;

    public ClusterEvents HelpedBy => ClusterEvents.NodeAdded | ClusterEvents.NodeLabels | ClusterEvents.PodAssigned | ClusterEvents.PodRemoved;

    public bool Prepare(Attempt attempt)
    {
        var state = new FilterState();
        foreach (var group in attempt.Nodes.Pods.Anti)
        {
            if (group.Term.Matches(attempt.Pod, attempt.Cache.NamespaceLabels))
            {
                Domains(attempt, state.ExistingAnti, group.Term.TopologyKey, group.PerNode, 1);
            }
        }

        if (attempt.Facts.Terms is { } terms)
        {
            CountOwn(attempt, terms, state);
        }

        attempt.SetState(state);
        return state.ExistingAnti.Count > 0 || attempt.Facts.Terms is { Required.Length: > 0 } or { RequiredAnti.Length: > 0 };
    }

    public Verdict Filter(Attempt attempt, int node)
    {
        var state = attempt.State<FilterState>();
        if (attempt.Facts.Terms is { Required.Length: > 0 } terms && !SatisfiesAffinity(attempt, terms, state, node))
        {
            return new Verdict(attempt.Reasons.Bit(Name, "node(s) didn't match pod affinity rules"), true);
        }

        if (Any(state.Anti, node))
        {
            return new Verdict(attempt.Reasons.Bit(Name, "node(s) didn't match pod anti-affinity rules"), false);
        }

        return Any(state.ExistingAnti, node)
            ? new Verdict(attempt.Reasons.Bit(Name, "node(s) didn't satisfy existing pods anti-affinity rules"), false)
            : Verdict.Fits;
    }

    public bool Prepare(Attempt attempt, IReadOnlyList<int> nodes)
    {
        var scores = new Dictionary<string, DomainCounts>(StringComparer.Ordinal);
        AddGroups(attempt, scores, attempt.Nodes.Pods.Preferred, static term => term.Weight);
        AddGroups(attempt, scores, attempt.Nodes.Pods.Required, static _ => HardAffinityWeight);
        foreach (var term in attempt.Facts.Terms?.Preferred ?? [])
        {
            Domains(attempt, scores, term.TopologyKey, Matching(attempt, term), term.Weight);
        }

        attempt.SetState(new ScoreState([.. scores.Values]));
        return scores.Count > 0;
    }

    public long Score(Attempt attempt, int node)
    {
        long sum = 0;
        foreach (var domains in attempt.State<ScoreState>().Domains)
        {
            sum += domains[node];
        }

        return sum;
    }

    public void Normalize(Attempt attempt, Span<long> scores)
    {
        long min = long.MaxValue, max = long.MinValue;
        foreach (var score in scores)
        {
            (min, max) = (Math.Min(min, score), Math.Max(max, score));
        }

        for (var i = 0; i < scores.Length; i++)
        {
            scores[i] = max == min ? 0 : Scores.Max * (scores[i] - min) / (max - min);
        }
    }

    private static void AddGroups(Attempt attempt, Dictionary<string, DomainCounts> scores, IReadOnlyCollection<TermGroup> groups, Func<PodTerm, int> weight)
    {
        foreach (var group in groups)
        {
            if (group.Term.Matches(attempt.Pod, attempt.Cache.NamespaceLabels))
            {
                Domains(attempt, scores, group.Term.TopologyKey, group.PerNode, weight(group.Term));
            }
        }
    }

    // For affinity a Pod counts when it matches all terms; for anti-affinity each term counts by itself.
    private static void CountOwn(Attempt attempt, PodTerms terms, FilterState state)
    {
        if (terms.Required.Length > 0)
        {
            var all = terms.Required.Length == 1 ? Matching(attempt, terms.Required[0]) : MatchingAll(attempt, terms.Required);
            state.HasFriends = all.Total > 0;
            foreach (var key in terms.Required.Select(t => t.TopologyKey).Distinct())
            {
                Domains(attempt, state.Affinity, key, all, 1);
            }
        }

        foreach (var term in terms.RequiredAnti)
        {
            Domains(attempt, state.Anti, term.TopologyKey, Matching(attempt, term), 1);
        }
    }

    private static NodeCounts Matching(Attempt attempt, PodTerm term)
    {
        var namespaceLabels = attempt.Cache.NamespaceLabels;
        return attempt.Nodes.Pods.Counting("term\n" + term.Signature, pod => term.Matches(pod, namespaceLabels), attempt.Nodes);
    }

    private static NodeCounts MatchingAll(Attempt attempt, PodTerm[] terms)
    {
        var namespaceLabels = attempt.Cache.NamespaceLabels;
        return attempt.Nodes.Pods.Counting(
            "terms\n" + string.Join('\f', terms.Select(t => t.Signature)), pod => Array.TrueForAll(terms, t => t.Matches(pod, namespaceLabels)), attempt.Nodes);
    }

    private static bool SatisfiesAffinity(Attempt attempt, PodTerms terms, FilterState state, int node)
    {
        foreach (var domains in state.Affinity.Values)
        {
            if (!domains.Has(node))
            {
                return false;
            }
        }

        // The first of a group that wants to be together has nobody to join: it may go anywhere.
        return state.HasFriends
            ? state.Affinity.Values.All(d => d[node] > 0)
            : Array.TrueForAll(terms.Required, t => t.Matches(attempt.Pod, attempt.Cache.NamespaceLabels));
    }

    private static bool Any(Dictionary<string, DomainCounts> byKey, int node)
    {
        foreach (var domains in byKey.Values)
        {
            if (domains[node] > 0)
            {
                return true;
            }
        }

        return false;
    }

    private static void Domains(Attempt attempt, Dictionary<string, DomainCounts> byKey, string key, NodeCounts counts, long weight)
    {
        if (!byKey.TryGetValue(key, out var domains))
        {
            byKey[key] = domains = new DomainCounts(attempt.Nodes.TopologyOf(key));
        }

        domains.Add(counts, attempt.Nodes.Limit, weight);
    }

    private sealed class FilterState
    {
        public Dictionary<string, DomainCounts> ExistingAnti { get; } = new(StringComparer.Ordinal);
        public Dictionary<string, DomainCounts> Affinity { get; } = new(StringComparer.Ordinal);
        public Dictionary<string, DomainCounts> Anti { get; } = new(StringComparer.Ordinal);

        /// <summary>There is a Pod somewhere that all required terms match.</summary>
        public bool HasFriends { get; set; }
    }

    private sealed record ScoreState(DomainCounts[] Domains);
}
