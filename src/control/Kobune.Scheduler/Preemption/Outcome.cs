using Kobune.Scheduler.Cache;

namespace Kobune.Scheduler.Preemption;

/// <summary>What preemption found: a node with the Pods to remove from it, or none; and how to say so.</summary>
internal sealed record Outcome(string? Node, IReadOnlyList<PodFacts> Victims, string Message)
{
    /// <summary>The Pod keeps the node that it has in prospect: Pods there are still ending.</summary>
    public bool KeepsProspect { get; init; }

    /// <summary>Pods of lower priority that had the node in prospect and have it no longer.</summary>
    public IReadOnlyList<PodFacts> Robbed { get; init; } = [];
}
