namespace Kobune.Scheduler;

/// <summary>Why a Pod has no node: the outcome of the last attempt, node by node.</summary>
/// <param name="At">when it was tried</param>
/// <param name="Attempts">how often it was tried</param>
/// <param name="Message">the sentence of the FailedScheduling event</param>
/// <param name="Nodes">per node the reasons, each with the plug-in that gave it</param>
public sealed record PlacementVerdict(DateTimeOffset At, int Attempts, string Message, IReadOnlyDictionary<string, IReadOnlyList<PlacementReason>> Nodes);

/// <summary>One reason against one node.</summary>
public sealed record PlacementReason(string Plugin, string Text, bool CouldPreemptionHelp);
