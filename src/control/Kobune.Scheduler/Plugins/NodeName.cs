using Kobune.Scheduler.Framework;

namespace Kobune.Scheduler.Plugins;

/// <summary>A Pod that names its node goes there and nowhere else.</summary>
internal sealed class NodeName : IFilterPlugin
{
    public string Name => "NodeName";

    public ClusterEvents HelpedBy => ClusterEvents.NodeAdded;

    public bool Prepare(Attempt attempt) => attempt.Pod.Spec.NodeName.Length > 0;

    public Verdict Filter(Attempt attempt, int node) => attempt.Nodes[node]!.Metadata.Name == attempt.Pod.Spec.NodeName
        ? Verdict.Fits
        : new Verdict(attempt.Reasons.Bit(Name, "node(s) didn't match the requested node name"), true);
}
