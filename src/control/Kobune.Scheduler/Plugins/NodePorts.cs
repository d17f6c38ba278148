using Kobune.Scheduler.Cache;
using Kobune.Scheduler.Framework;

namespace Kobune.Scheduler.Plugins;

/// <summary>Two Pods cannot have the same port of one node.</summary>
internal sealed class NodePorts : IFilterPlugin
{
    public string Name => "NodePorts";

    public ClusterEvents HelpedBy => ClusterEvents.NodeAdded | ClusterEvents.PodRemoved;

    public bool Prepare(Attempt attempt) => attempt.Facts.HostPorts.Length > 0;

    public Verdict Filter(Attempt attempt, int node)
    {
        foreach (var pod in attempt.Nodes.PodsOn(node))
        {
            foreach (var taken in pod.HostPorts)
            {
                if (Array.Exists(attempt.Facts.HostPorts, wanted => wanted.ConflictsWith(taken)))
                {
                    return new Verdict(attempt.Reasons.Bit(Name, "node(s) didn't have free ports for the requested pod ports"), false);
                }
            }
        }

        return Verdict.Fits;
    }
}
