using Kobune.Api.Core.V1;

namespace Kobune.Scheduler.Cache;

/// <summary>
/// The scheduler's view of the cluster: the nodes and the Pods on them, those included that it has just placed and whose
/// binding it has not seen yet (assumed), so that consecutive Pods see each other. Used under the scheduler's lock.
/// </summary>
internal sealed class SchedulerCache
{
    private readonly Dictionary<string, Placed> _pods = [];

    // Pods whose node is not known (yet, or any more), by the node's name.
    private readonly Dictionary<string, HashSet<PodFacts>> _homeless = [];

    public SchedulerCache() => Nodes = new NodeTable(Names);

    public ResourceNames Names { get; } = new();

    public NodeTable Nodes { get; }

    /// <summary>The labels of a namespace, for selectors of namespaces.</summary>
    public Func<string, IReadOnlyDictionary<string, string>> NamespaceLabels { get; set; } = static _ => new Dictionary<string, string>();

    /// <summary>Pods that wait for others to leave a node that was found for them.</summary>
    public Nominations Nominations { get; } = new();

    public void PutNode(Node node)
    {
        var number = Nodes.Put(node);
        if (_homeless.Remove(node.Metadata.Name, out var waiting))
        {
            foreach (var pod in waiting)
            {
                Nodes.Add(number, pod);
            }
        }
    }

    public void RemoveNode(string name)
    {
        if (Nodes.NumberOf(name) is { } number)
        {
            var left = Nodes.PodsOn(number).ToHashSet();
            Nodes.Remove(name);
            if (left.Count > 0)
            {
                _homeless[name] = left;
            }
        }
    }

    public bool Contains(string uid) => _pods.ContainsKey(uid);

    public bool IsAssumed(string uid) => _pods.TryGetValue(uid, out var placed) && placed.Assumed;

    /// <summary>Counts a Pod on a node before its binding is confirmed.</summary>
    public void Assume(PodFacts pod, string node) => Put(pod, node, assumed: true);

    /// <summary>A Pod that is on a node according to the API server.</summary>
    public void Confirm(PodFacts pod, string node) => Put(pod, node, assumed: false);

    /// <summary>Takes the Pod off its node; false when it was not counted.</summary>
    public bool Remove(string uid)
    {
        if (!_pods.Remove(uid, out var placed))
        {
            return false;
        }

        if (Nodes.NumberOf(placed.Node) is { } number)
        {
            Nodes.Remove(number, placed.Pod);
        }
        else if (_homeless.TryGetValue(placed.Node, out var pods) && pods.Remove(placed.Pod) && pods.Count == 0)
        {
            _homeless.Remove(placed.Node);
        }

        return true;
    }

    private void Put(PodFacts pod, string node, bool assumed)
    {
        Remove(pod.Uid);
        Nominations.Remove(pod.Uid);
        _pods[pod.Uid] = new Placed(pod, node, assumed);
        if (Nodes.NumberOf(node) is { } number)
        {
            Nodes.Add(number, pod);
        }
        else if (_homeless.TryGetValue(node, out var pods))
        {
            pods.Add(pod);
        }
        else
        {
            _homeless[node] = [pod];
        }
    }

    private sealed record Placed(PodFacts Pod, string Node, bool Assumed);
}
