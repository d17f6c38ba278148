namespace Kobune.Scheduler.Cache;

/// <summary>
/// The Pods that have a node in prospect, for which others were told to leave. Until they are placed, Pods of lower
/// priority see the node as if they were there already. Used under the scheduler's lock.
/// </summary>
internal sealed class Nominations
{
    private readonly Dictionary<string, (PodFacts Pod, string Node)> _byUid = [];
    private readonly Dictionary<string, List<PodFacts>> _byNode = [];

    public void Put(PodFacts pod, string node)
    {
        Remove(pod.Uid);
        _byUid[pod.Uid] = (pod, node);
        if (!_byNode.TryGetValue(node, out var pods))
        {
            _byNode[node] = pods = [];
        }

        pods.Add(pod);
    }

    public void Remove(string uid)
    {
        if (_byUid.Remove(uid, out var nomination) && _byNode.TryGetValue(nomination.Node, out var pods))
        {
            pods.Remove(nomination.Pod);
            if (pods.Count == 0)
            {
                _byNode.Remove(nomination.Node);
            }
        }
    }

    public string? NodeOf(string uid) => _byUid.TryGetValue(uid, out var nomination) ? nomination.Node : null;

    /// <summary>Those on the node that come before the given Pod.</summary>
    public List<PodFacts>? Before(PodFacts pod, string node) =>
        _byNode.Count > 0 && _byNode.TryGetValue(node, out var pods) && pods.FindAll(p => p.Priority >= pod.Priority && p.Uid != pod.Uid) is { Count: > 0 } before ? before : null;

    /// <summary>Those on the node of lower priority: when a Pod takes the room that they were promised, they lose it.</summary>
    public List<PodFacts> After(PodFacts pod, string node) => _byNode.TryGetValue(node, out var pods) ? pods.FindAll(p => p.Priority < pod.Priority) : [];
}
