using Kobune.Scheduler.Cache;

namespace Kobune.Scheduler.Preemption;

/// <summary>What preemption found: a node with the Pods to remove from it, or none; and how to say so.</summary>
internal sealed record Outcome(string? Node, IReadOnlyList<PodFacts> Victims, string Message);
