using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.Controllers.NodeLifecycle;

namespace Kobune.Controllers.DaemonSets;

/// <summary>On which nodes a DaemonSet's Pods belong, and how they are bound to them.</summary>
internal static class DaemonPlacement
{
    private static readonly (string Key, string Effect)[] Tolerated =
    [
        ("node.kubernetes.io/not-ready", "NoExecute"),
        ("node.kubernetes.io/unreachable", "NoExecute"),
        ("node.kubernetes.io/disk-pressure", "NoSchedule"),
        ("node.kubernetes.io/memory-pressure", "NoSchedule"),
        ("node.kubernetes.io/pid-pressure", "NoSchedule"),
        ("node.kubernetes.io/unschedulable", "NoSchedule"),
    ];

    /// <summary>Whether a Pod should be started on the node, and whether one that is there may stay.</summary>
    public static (bool ShouldRun, bool MayStay) On(Node node, Pod pod)
    {
        if (!Matches(node, pod) || (pod.Spec.NodeName.Length > 0 && pod.Spec.NodeName != node.Name))
        {
            return (false, false);
        }

        var untolerated = node.Spec.Taints.Where(t => !pod.Spec.Tolerations.Exists(o => Tolerations.Tolerates(o, t))).Select(t => t.Effect).ToHashSet();
        return (!untolerated.Contains("NoSchedule") && !untolerated.Contains("NoExecute"), !untolerated.Contains("NoExecute"));
    }

    /// <summary>A DaemonSet's Pod goes to its node whatever the node's condition, through the scheduler.</summary>
    public static void Prepare(Pod pod)
    {
        foreach (var (key, effect) in Tolerated)
        {
            Tolerate(pod, key, effect);
        }

        if (pod.Spec.HostNetwork)
        {
            Tolerate(pod, "node.kubernetes.io/network-unavailable", "NoSchedule");
        }
    }

    /// <summary>Requires the one node by its name, in place of node affinity by name that the template may have.</summary>
    public static void Bind(Pod pod, string node)
    {
        var byName = new NodeSelectorRequirement { Key = "metadata.name", Operator = "In", Values = [node] };
        pod.Spec.Affinity ??= new Affinity();
        var affinity = pod.Spec.Affinity.NodeAffinity ??= new NodeAffinity();
        var required = affinity.RequiredDuringSchedulingIgnoredDuringExecution;
        if (required is null || required.NodeSelectorTerms.Count == 0)
        {
            affinity.RequiredDuringSchedulingIgnoredDuringExecution = new NodeSelector { NodeSelectorTerms = [new NodeSelectorTerm { MatchFields = [byName] }] };
            return;
        }

        foreach (var term in required.NodeSelectorTerms)
        {
            term.MatchFields = [byName];
        }
    }

    /// <summary>The node that a Pod of a DaemonSet is on or meant for.</summary>
    public static string NodeOf(Pod pod)
    {
        if (pod.Spec.NodeName.Length > 0)
        {
            return pod.Spec.NodeName;
        }

        var terms = pod.Spec.Affinity?.NodeAffinity?.RequiredDuringSchedulingIgnoredDuringExecution?.NodeSelectorTerms ?? [];
        return terms.SelectMany(t => t.MatchFields).FirstOrDefault(f => f is { Key: "metadata.name", Operator: "In" })?.Values.FirstOrDefault() ?? "";
    }

    private static void Tolerate(Pod pod, string key, string effect)
    {
        if (!pod.Spec.Tolerations.Exists(t => t.Key == key && t.Effect == effect && t.Operator == "Exists"))
        {
            pod.Spec.Tolerations.Add(new Toleration { Key = key, Operator = "Exists", Effect = effect });
        }
    }

    private static bool Matches(Node node, Pod pod)
    {
        foreach (var (key, value) in pod.Spec.NodeSelector)
        {
            if (!node.Metadata.Labels.TryGetValue(key, out var actual) || actual != value)
            {
                return false;
            }
        }

        return pod.Spec.Affinity?.NodeAffinity?.RequiredDuringSchedulingIgnoredDuringExecution is not { } required || NodeSelectors.Matches(required, node);
    }
}
