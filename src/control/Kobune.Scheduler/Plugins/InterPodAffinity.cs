using Kobune.Api.Core.V1;
using Kobune.Scheduler.Cache;
using Kobune.Scheduler.Framework;

namespace Kobune.Scheduler.Plugins;

/// <summary>
/// Places Pods near others or away from them, and away from those that want to be away from them. "Near" is the same value
/// of a node label, the topology.
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
        var terms = attempt.Facts.Terms;
        var state = new FilterState();
        CountExisting(attempt, state.ExistingAnti);
        if (terms is { Required.Length: > 0 } or { RequiredAnti.Length: > 0 })
        {
            CountOwn(attempt, terms, state);
        }

        attempt.SetState(state);
        return state.ExistingAnti.Count > 0 || terms is { Required.Length: > 0 } or { RequiredAnti.Length: > 0 };
    }

    public Verdict Filter(Attempt attempt, int node)
    {
        var state = attempt.State<FilterState>();
        var labels = attempt.Nodes[node]!.Metadata.Labels;
        var terms = attempt.Facts.Terms;
        if (terms is not null && !SatisfiesAffinity(attempt, terms, state, labels))
        {
            return new Verdict(attempt.Reasons.Bit(Name, "node(s) didn't match pod affinity rules"), true);
        }

        if (terms is not null && Array.Exists(terms.RequiredAnti, t => Has(state.Anti, t.TopologyKey, labels)))
        {
            return new Verdict(attempt.Reasons.Bit(Name, "node(s) didn't match pod anti-affinity rules"), false);
        }

        foreach (var (pair, _) in state.ExistingAnti)
        {
            if (labels.TryGetValue(pair.Key, out var value) && value == pair.Value)
            {
                return new Verdict(attempt.Reasons.Bit(Name, "node(s) didn't satisfy existing pods anti-affinity rules"), false);
            }
        }

        return Verdict.Fits;
    }

    public bool Prepare(Attempt attempt, IReadOnlyList<int> nodes)
    {
        var scores = new Dictionary<(string Key, string Value), long>();
        foreach (var (pod, node) in attempt.Cache.WithTerms)
        {
            if (NodeOf(attempt, node) is { } info)
            {
                foreach (var term in pod.Terms!.Preferred)
                {
                    AddIfMatches(attempt, scores, term, attempt.Pod, info, term.Weight);
                }

                foreach (var term in pod.Terms.Required)
                {
                    AddIfMatches(attempt, scores, term, attempt.Pod, info, HardAffinityWeight);
                }
            }
        }

        if (attempt.Facts.Terms is { Preferred.Length: > 0 } own)
        {
            ForEachPlaced(attempt, (pod, node) =>
            {
                foreach (var term in own.Preferred)
                {
                    AddIfMatches(attempt, scores, term, pod.Pod, node, term.Weight);
                }
            });
        }

        attempt.SetState(new ScoreState(scores));
        return scores.Count > 0;
    }

    public long Score(Attempt attempt, int node)
    {
        long sum = 0;
        var labels = attempt.Nodes[node]!.Metadata.Labels;
        foreach (var (pair, score) in attempt.State<ScoreState>().Scores)
        {
            sum += labels.TryGetValue(pair.Key, out var value) && value == pair.Value ? score : 0;
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

    // The topologies in which some Pod wants not to have the one that is being placed.
    private static void CountExisting(Attempt attempt, Dictionary<(string Key, string Value), int> counts)
    {
        foreach (var (pod, node) in attempt.Cache.WithTerms)
        {
            foreach (var term in pod.Terms!.RequiredAnti)
            {
                if (NodeOf(attempt, node) is { } info && info.Metadata.Labels.TryGetValue(term.TopologyKey, out var value)
                    && term.Matches(attempt.Pod, attempt.Cache.NamespaceLabels))
                {
                    counts[(term.TopologyKey, value)] = counts.GetValueOrDefault((term.TopologyKey, value)) + 1;
                }
            }
        }
    }

    private static void CountOwn(Attempt attempt, PodTerms terms, FilterState state) => ForEachPlaced(attempt, (pod, node) =>
    {
        // For affinity a Pod counts when it matches all terms; for anti-affinity each term counts by itself.
        if (terms.Required.Length > 0 && Array.TrueForAll(terms.Required, t => t.Matches(pod.Pod, attempt.Cache.NamespaceLabels)))
        {
            foreach (var term in terms.Required)
            {
                Add(state.Affinity, term.TopologyKey, node);
            }
        }

        foreach (var term in terms.RequiredAnti)
        {
            if (term.Matches(pod.Pod, attempt.Cache.NamespaceLabels))
            {
                Add(state.Anti, term.TopologyKey, node);
            }
        }
    });

    private static bool SatisfiesAffinity(Attempt attempt, PodTerms terms, FilterState state, Dictionary<string, string> labels)
    {
        if (!Array.TrueForAll(terms.Required, t => labels.ContainsKey(t.TopologyKey)))
        {
            return false;
        }

        // The first of a group that wants to be together has nobody to join: it may go anywhere.
        return Array.TrueForAll(terms.Required, t => Has(state.Affinity, t.TopologyKey, labels))
            || (state.Affinity.Count == 0 && Array.TrueForAll(terms.Required, t => t.Matches(attempt.Pod, attempt.Cache.NamespaceLabels)));
    }

    private static bool Has(HashSet<(string Key, string Value)> pairs, string key, Dictionary<string, string> labels) =>
        labels.TryGetValue(key, out var value) && pairs.Contains((key, value));

    private static void Add(HashSet<(string Key, string Value)> pairs, string key, Node node)
    {
        if (node.Metadata.Labels.TryGetValue(key, out var value))
        {
            pairs.Add((key, value));
        }
    }

    private static void AddIfMatches(Attempt attempt, Dictionary<(string Key, string Value), long> scores, PodTerm term, Pod pod, Node node, long weight)
    {
        if (node.Metadata.Labels.TryGetValue(term.TopologyKey, out var value) && term.Matches(pod, attempt.Cache.NamespaceLabels))
        {
            scores[(term.TopologyKey, value)] = scores.GetValueOrDefault((term.TopologyKey, value)) + weight;
        }
    }

    private static Node? NodeOf(Attempt attempt, string name) => attempt.Nodes.NumberOf(name) is { } number ? attempt.Nodes[number] : null;

    private static void ForEachPlaced(Attempt attempt, Action<PodFacts, Node> action)
    {
        for (var number = 0; number < attempt.Nodes.Limit; number++)
        {
            if (attempt.Nodes[number] is { } node)
            {
                foreach (var pod in attempt.Nodes.PodsOn(number))
                {
                    action(pod, node);
                }
            }
        }
    }

    private sealed class FilterState
    {
        public Dictionary<(string Key, string Value), int> ExistingAnti { get; } = [];
        public HashSet<(string Key, string Value)> Affinity { get; } = [];
        public HashSet<(string Key, string Value)> Anti { get; } = [];
    }

    private sealed record ScoreState(Dictionary<(string Key, string Value), long> Scores);
}
