using Kobune.Api.Core.V1;

namespace Kobune.Controllers.NodeLifecycle;

/// <summary>The taints that follow from a node's conditions.</summary>
internal static class NodeTaints
{
    public const string NotReady = "node.kubernetes.io/not-ready";
    public const string Unreachable = "node.kubernetes.io/unreachable";
    public const string NoSchedule = "NoSchedule";
    public const string NoExecute = "NoExecute";

    private static readonly (string Condition, string Taint)[] Pressures =
    [
        ("MemoryPressure", "node.kubernetes.io/memory-pressure"),
        ("DiskPressure", "node.kubernetes.io/disk-pressure"),
        ("NetworkUnavailable", "node.kubernetes.io/network-unavailable"),
        ("PIDPressure", "node.kubernetes.io/pid-pressure"),
    ];

    private const string Unschedulable = "node.kubernetes.io/unschedulable";

    /// <summary>The taints that the node should have: those we do not manage as they are, those we do by its conditions; null when it has just these.</summary>
    /// <param name="node">The node.</param>
    /// <param name="mayEvict">Whether Pods may be driven away from it if it is lost.</param>
    /// <param name="now">The time of taints that are added.</param>
    public static List<Taint>? Update(Node node, bool mayEvict, DateTimeOffset now)
    {
        var wanted = Wanted(node).Where(w => mayEvict || w.Effect != NoExecute).ToHashSet();
        var present = node.Spec.Taints.Select(t => (t.Key, t.Effect)).ToHashSet();
        var kept = node.Spec.Taints.Where(t => !IsManaged(t.Key, t.Effect) || wanted.Contains((t.Key, t.Effect))).ToList();
        var missing = wanted.Where(w => !present.Contains(w)).ToList();
        if (kept.Count == node.Spec.Taints.Count && missing.Count == 0)
        {
            return null;
        }

        return [.. kept, .. missing.Select(m => new Taint { Key = m.Key, Effect = m.Effect, TimeAdded = now })];
    }

    /// <summary>The node is lost and should be tainted for it, and is not.</summary>
    public static bool AwaitsEviction(Node node) => IsLost(node) && !IsEvicting(node);

    /// <summary>Not ready, or silent.</summary>
    public static bool IsLost(Node node) => Wanted(node).Any(w => w.Effect == NoExecute);

    private static bool IsEvicting(Node node) => Wanted(node).Where(w => w.Effect == NoExecute).All(w => node.Spec.Taints.Exists(t => t.Key == w.Key && t.Effect == w.Effect));

    public static NodeCondition? Condition(this Node node, string type) => node.Status.Conditions.FirstOrDefault(c => c.Type == type);

    private static IEnumerable<(string Key, string Effect)> Wanted(Node node)
    {
        switch (node.Condition("Ready")?.Status)
        {
            case "True":
                break;
            case "False":
                yield return (NotReady, NoSchedule);
                yield return (NotReady, NoExecute);
                break;
            case "Unknown":
                yield return (Unreachable, NoSchedule);
                yield return (Unreachable, NoExecute);
                break;
            default: // it has not said anything yet: nothing is placed there, nothing is driven away
                yield return (NotReady, NoSchedule);
                break;
        }

        foreach (var (condition, taint) in Pressures)
        {
            if (node.Condition(condition)?.Status == "True")
            {
                yield return (taint, NoSchedule);
            }
        }

        if (node.Spec.Unschedulable)
        {
            yield return (Unschedulable, NoSchedule);
        }
    }

    private static bool IsManaged(string key, string effect) => effect switch
    {
        NoSchedule => key is NotReady or Unreachable or Unschedulable || Pressures.Any(p => p.Taint == key),
        NoExecute => key is NotReady or Unreachable,
        _ => false,
    };
}
