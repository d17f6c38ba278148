using Kobune.Api.Core.V1;
using Kobune.Scheduler.Framework;

namespace Kobune.Scheduler.Plugins;

/// <summary>Keeps Pods off cordoned nodes, unless they tolerate the taint that stands for it.</summary>
internal sealed class NodeUnschedulable : IFilterPlugin
{
    private static readonly Taint Cordon = new() { Key = "node.kubernetes.io/unschedulable", Effect = "NoSchedule" };

    public string Name => "NodeUnschedulable";

    public ClusterEvents HelpedBy => ClusterEvents.NodeAdded | ClusterEvents.NodeUnschedulable | ClusterEvents.NodeTaints;

    public bool Prepare(Attempt attempt) => !TaintToleration.Tolerates(attempt.Pod.Spec.Tolerations, Cordon);

    public Verdict Filter(Attempt attempt, int node) => attempt.Nodes[node]!.Spec.Unschedulable
        ? new Verdict(attempt.Reasons.Bit(Name, "node(s) were unschedulable"), true)
        : Verdict.Fits;
}
