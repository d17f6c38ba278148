namespace Kobune.Kubelet.Pods.Decision;

/// <summary>Why a container is not running, when an attempt to start it failed.</summary>
internal sealed record StartFailure(string Reason, string Message, DateTimeOffset RetryAt);

/// <summary>The user that an image runs as: a number, or a name that only the image can resolve; both empty is root.</summary>
internal sealed record ImageUser(long? Uid, string Name);

/// <summary>Outcome of the last image check of a container.</summary>
internal sealed record ImageOutcome(string? ImageRef, string Reason, string Message, DateTimeOffset FailedAt, DateTimeOffset RetryAt, ImageUser? User = null)
{
    public bool Ready => ImageRef is not null;
}

/// <summary>What the probes of one container instance last said. Null means that no such probe exists or has answered.</summary>
internal sealed record ProbeVerdicts
{
    public bool? Startup { get; init; }
    public bool? Readiness { get; init; }
    /// <summary>False once the failure threshold was reached; the container is then killed.</summary>
    public bool? Liveness { get; init; }
}

internal enum HookState
{
    NotRun,
    Running,
    Done,
}

/// <summary>A container that is being ended.</summary>
internal sealed class KillState
{
    public DateTimeOffset RequestedAt { get; init; }
    /// <summary>Given by whoever asked for the end, as a probe may; null takes the Pod's.</summary>
    public long? GraceSeconds { get; init; }
    public HookState PreStop { get; set; }
    /// <summary>When the runtime will send SIGKILL, once it was told to stop the container.</summary>
    public DateTimeOffset? StopDeadline { get; set; }
}

/// <summary>
/// What a Pod's worker remembers between decisions and neither API nor runtime can tell. The decision reads it; only the worker
/// changes it, when an action begins or ends. It may be lost with the process: everything here is rebuilt or harmlessly restarts.
/// </summary>
internal sealed class WorkerMemory
{
    public HashSet<string> InFlight { get; } = [];
    public DateTimeOffset? StartTime { get; set; }

    public bool VolumesReady { get; set; }
    public int VolumeFailures { get; set; }
    public DateTimeOffset VolumeRetryAt { get; set; }

    public int SandboxFailures { get; set; }
    public DateTimeOffset SandboxRetryAt { get; set; }

    public BackOff Restarts { get; } = new(TimeSpan.FromSeconds(10), TimeSpan.FromMinutes(5));
    /// <summary>Sandboxes whose stop has returned. That their process is gone is not enough: their network may still be being taken down.</summary>
    public HashSet<string> StoppedSandboxes { get; } = [];

    public Dictionary<string, StartFailure> StartFailures { get; } = [];
    public Dictionary<string, ImageOutcome> Images { get; } = [];
    /// <summary>Marks of waits whose BackOff event was emitted, per container.</summary>
    public Dictionary<string, string> Announced { get; } = [];

    /// <summary>By container id.</summary>
    public Dictionary<string, ProbeVerdicts> Probes { get; } = [];
    /// <summary>By container id.</summary>
    public Dictionary<string, KillState> Kills { get; } = [];
    /// <summary>Restart counts that the API knew when this worker began, for containers that the runtime has lost.</summary>
    public Dictionary<string, int> KnownRestarts { get; } = [];
    /// <summary>Container statuses that the API held when this worker began, for the same.</summary>
    public Dictionary<string, Kobune.Api.Core.V1.ContainerStatus> KnownStatuses { get; } = [];

    /// <summary>Resources granted to each resizable container; null until the Pod was let in.</summary>
    public Dictionary<string, Kobune.Api.Core.V1.ResourceRequirements>? Granted { get; set; }
    /// <summary>By container id: the resources that the runtime was told.</summary>
    public Dictionary<string, Kobune.Api.Core.V1.ResourceRequirements> Applied { get; } = [];
    public PendingResize? PendingResize { get; set; }
    public string? ResizeError { get; set; }
    public DateTimeOffset ResizeRetryAt { get; set; }

    /// <summary>Latched: the phase is Succeeded or Failed and stays so.</summary>
    public string? TerminalPhase { get; set; }
    /// <summary>Latched: the Pod as a whole was failed by the node.</summary>
    public FailPod? Failure { get; set; }
    public DateTimeOffset? TerminationStart { get; set; }
    public long? GraceOverride { get; set; }

    /// <summary>The sandbox's last known addresses; a finished Pod keeps showing them.</summary>
    public IReadOnlyList<string> Addresses { get; set; } = [];
    /// <summary>Volumes and cgroup are gone.</summary>
    public bool TornDown { get; set; }
    /// <summary>Logs are gone as well.</summary>
    public bool Erased { get; set; }
    /// <summary>What was last told to the API: transition times continue from it before the API echoes it.</summary>
    public Kobune.Api.Core.V1.PodStatus? LastStatus { get; set; }
    public bool ObjectDeleted { get; set; }

    public bool Busy(string key) => InFlight.Contains(key);

    public bool Starting(string container) => InFlight.Contains("start/" + container);
}
