namespace Kobune.Scheduler.Framework;

/// <summary>The changes of the cluster that may make an unschedulable Pod schedulable.</summary>
[Flags]
internal enum ClusterEvents
{
    None = 0,
    NodeAdded = 1,
    NodeAllocatable = 2,
    NodeLabels = 4,
    NodeTaints = 8,
    NodeUnschedulable = 16,
    /// <summary>A Pod was bound, or the labels of a bound one changed.</summary>
    PodAssigned = 32,
    /// <summary>A bound Pod ended, was deleted, or asks for less.</summary>
    PodRemoved = 64,
    Volumes = 128,
    NodeChanged = NodeAdded | NodeAllocatable | NodeLabels | NodeTaints | NodeUnschedulable,
}
