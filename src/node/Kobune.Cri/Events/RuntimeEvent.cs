namespace Kobune.Cri.Events;

/// <summary>What happened to a container or sandbox.</summary>
public enum RuntimeEventKind
{
    /// <summary>
    /// A subscription has just become effective, at first or after an interruption: what happened before may have been
    /// missed and must be listed; what happens from now on will be told. Has no id.
    /// </summary>
    Resync,
    Created,
    Started,

    /// <summary>The first process exited; runtime status calls already show it.</summary>
    Stopped,
    Deleted,

    /// <summary>The kernel killed a process of the container for want of memory; the container may go on.</summary>
    OutOfMemory,
}

/// <param name="Kind">What happened.</param>
/// <param name="Id">Of a container or of a sandbox: runtimes do not tell which.</param>
/// <param name="ExitCode">Of <see cref="RuntimeEventKind.Stopped"/>, where known.</param>
/// <param name="Time">By the runtime's clock.</param>
public readonly record struct RuntimeEvent(RuntimeEventKind Kind, string Id, int? ExitCode, DateTimeOffset Time);
