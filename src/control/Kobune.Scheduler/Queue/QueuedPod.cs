using Kobune.Api.Core.V1;
using Kobune.Scheduler.Framework;

namespace Kobune.Scheduler.Queue;

/// <summary>A Pod that waits for a node.</summary>
internal sealed class QueuedPod(Pod pod, DateTimeOffset since)
{
    public Pod Pod { get; set; } = pod;

    public string Uid => Pod.Metadata.Uid;

    /// <summary>Since when it waits; among Pods of the same priority the first comes first.</summary>
    public DateTimeOffset Since { get; } = since;

    public int Attempts { get; set; }

    public DateTimeOffset LastAttempt { get; set; }

    /// <summary>The changes that are worth another attempt, as the plug-ins said that refused it.</summary>
    public ClusterEvents HelpedBy { get; set; }

    public QueuePlace Place { get; set; }
}

internal enum QueuePlace { None, Gated, Active, InFlight, BackingOff, Unschedulable }
