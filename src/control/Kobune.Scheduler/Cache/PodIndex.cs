using Kobune.Api.Core.V1;
using Kobune.Runtime;

namespace Kobune.Scheduler.Cache;

/// <summary>
/// Who is where, counted as Pods come and go, for the plug-ins that look at other Pods: by selector (as somebody asks for
/// it), by the affinity terms that the placed Pods have themselves, and by controller. Nothing is counted anew per attempt.
/// </summary>
internal sealed class PodIndex
{
    // Selectors asked for lately; the one not asked for longest makes room, and is counted anew when it comes back.
    private const int MaxCounters = 64;

    private readonly Dictionary<string, Counter> _counters = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TermGroup> _anti = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TermGroup> _required = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TermGroup> _preferred = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Dictionary<int, int>> _controllers = new(StringComparer.Ordinal);
    private long _clock;

    /// <summary>The required anti-affinity terms of the placed Pods, equal ones together.</summary>
    public IReadOnlyCollection<TermGroup> Anti => _anti.Values;

    /// <summary>Their required affinity terms.</summary>
    public IReadOnlyCollection<TermGroup> Required => _required.Values;

    /// <summary>Their preferences, for and against.</summary>
    public IReadOnlyCollection<TermGroup> Preferred => _preferred.Values;

    /// <summary>How many Pods of the controller are on each node; null when none.</summary>
    public IReadOnlyDictionary<int, int>? OfController(string uid) => _controllers.GetValueOrDefault(uid);

    /// <summary>The Pods per node that the predicate counts; the signature stands for the predicate.</summary>
    public NodeCounts Counting(string signature, Func<Pod, bool> counts, NodeTable nodes)
    {
        if (!_counters.TryGetValue(signature, out var counter))
        {
            if (_counters.Count >= MaxCounters)
            {
                _counters.Remove(_counters.MinBy(c => c.Value.LastUse).Key);
            }

            _counters[signature] = counter = new Counter(counts);
            for (var node = 0; node < nodes.Limit; node++)
            {
                foreach (var pod in nodes.PodsOn(node))
                {
                    counter.See(node, pod, 1);
                }
            }
        }

        counter.LastUse = ++_clock;
        return counter.PerNode;
    }

    /// <summary>Predicates that depend on the labels of namespaces may be wrong by now.</summary>
    public void ForgetCounters() => _counters.Clear();

    public void Change(int node, PodFacts pod, int sign)
    {
        foreach (var counter in _counters.Values)
        {
            counter.See(node, pod, sign);
        }

        if (pod.Terms is { } terms)
        {
            Group(_anti, terms.RequiredAnti, node, sign);
            Group(_required, terms.Required, node, sign);
            Group(_preferred, terms.Preferred, node, sign);
        }

        if (pod.Pod.Metadata.DeletionTimestamp is null && Indexes.ControllerOf(pod.Pod)?.Uid is { } controller)
        {
            ChangeController(controller, node, sign);
        }
    }

    private void ChangeController(string controller, int node, int sign)
    {
        if (!_controllers.TryGetValue(controller, out var nodes))
        {
            _controllers[controller] = nodes = [];
        }

        var count = nodes.GetValueOrDefault(node) + sign;
        if (count != 0)
        {
            nodes[node] = count;
        }
        else if (nodes.Remove(node) && nodes.Count == 0)
        {
            _controllers.Remove(controller);
        }
    }

    private static void Group(Dictionary<string, TermGroup> groups, PodTerm[] terms, int node, int sign)
    {
        foreach (var term in terms)
        {
            if (!groups.TryGetValue(term.Signature, out var group))
            {
                groups[term.Signature] = group = new TermGroup(term, new NodeCounts());
            }

            group.PerNode.Add(node, sign);
            if (group.PerNode.Total == 0)
            {
                groups.Remove(term.Signature);
            }
        }
    }

    private sealed class Counter(Func<Pod, bool> counts)
    {
        public NodeCounts PerNode { get; } = new();

        public long LastUse { get; set; }

        public void See(int node, PodFacts pod, int sign)
        {
            if (counts(pod.Pod))
            {
                PerNode.Add(node, sign);
            }
        }
    }
}

/// <summary>Equal terms of placed Pods, with how many of them stand on each node.</summary>
internal sealed record TermGroup(PodTerm Term, NodeCounts PerNode);
