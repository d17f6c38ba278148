using Kobune.Scheduler.Cache;
using Kobune.Scheduler.Framework;

namespace Kobune.Scheduler.Plugins;

/// <summary>Prefers nodes on which CPU and memory would be used to the same degree.</summary>
internal sealed class NodeResourcesBalancedAllocation : IScorePlugin
{
    public string Name => "NodeResourcesBalancedAllocation";

    public int Weight => 1;

    // A Pod that asks for nothing changes no balance.
    public bool Prepare(Attempt attempt, IReadOnlyList<int> nodes) => attempt.Facts.Requests.Length > 1;

    public long Score(Attempt attempt, int node)
    {
        var nodes = attempt.Nodes;
        var cpu = Used(attempt, node, ResourceNames.Cpu);
        var memory = Used(attempt, node, ResourceNames.Memory);
        var deviation = nodes.Allocatable(ResourceNames.Cpu, node) == 0 || nodes.Allocatable(ResourceNames.Memory, node) == 0 ? 0 : Math.Abs(cpu - memory) / 2;
        return (long)((1 - deviation) * Scores.Max);
    }

    private static double Used(Attempt attempt, int node, int resource)
    {
        var allocatable = attempt.Nodes.Allocatable(resource, node);
        if (allocatable == 0)
        {
            return 0;
        }

        var asked = 0L;
        foreach (var amount in attempt.Facts.Requests)
        {
            asked += amount.Resource == resource ? amount.Value : 0;
        }

        return Math.Min(1, (double)(attempt.Nodes.Requested(resource, node) + asked) / allocatable);
    }
}
