using Kobune.Scheduler.Cache;
using Kobune.Scheduler.Framework;

namespace Kobune.Scheduler.Plugins;

/// <summary>A node must have what the Pod asks for, and the one that keeps most to spare is the better.</summary>
internal sealed class NodeResourcesFit : IFilterPlugin, IScorePlugin
{
    public string Name => "NodeResourcesFit";

    public int Weight => 1;

    public ClusterEvents HelpedBy => ClusterEvents.NodeAdded | ClusterEvents.NodeAllocatable | ClusterEvents.PodRemoved;

    public bool Prepare(Attempt attempt) => true;

    public Verdict Filter(Attempt attempt, int node)
    {
        var nodes = attempt.Nodes;
        ulong bits = 0;
        var unresolvable = false;
        foreach (var (resource, value) in attempt.Facts.Requests)
        {
            var allocatable = nodes.Allocatable(resource, node);
            if (value > allocatable - nodes.Requested(resource, node))
            {
                var reason = resource == ResourceNames.Pods ? "Too many pods" : "Insufficient " + nodes.Names[resource];
                bits |= attempt.Reasons.Bit(Name, reason);
                unresolvable |= value > allocatable; // more than the node has when empty: removing Pods does not help
            }
        }

        return new Verdict(bits, unresolvable);
    }

    public bool Prepare(Attempt attempt, IReadOnlyList<int> nodes) => true;

    public long Score(Attempt attempt, int node)
    {
        var nodes = attempt.Nodes;
        var cpu = Spare(nodes.Allocatable(ResourceNames.Cpu, node), nodes.ScoredCpu(node) + attempt.Facts.ScoredCpu);
        var memory = Spare(nodes.Allocatable(ResourceNames.Memory, node), nodes.ScoredMemory(node) + attempt.Facts.ScoredMemory);
        return (cpu + memory) / 2;
    }

    private static long Spare(long allocatable, long used) => allocatable == 0 || used > allocatable ? 0 : (allocatable - used) * Scores.Max / allocatable;
}
