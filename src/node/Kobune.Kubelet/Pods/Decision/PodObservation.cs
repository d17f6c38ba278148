namespace Kobune.Kubelet.Pods.Decision;

/// <summary>A sandbox as the runtime reports it.</summary>
internal sealed record ObservedSandbox(string Id, bool Ready, uint Attempt, DateTimeOffset CreatedAt, IReadOnlyList<string> Addresses);

internal enum ContainerRunState
{
    Created,
    Running,
    Exited,
    Unknown,
}

/// <summary>A container as the runtime reports it. Times are null before they happened.</summary>
internal sealed record ObservedContainer
{
    public required string Id { get; init; }
    public required string Name { get; init; }
    public required string SandboxId { get; init; }
    public required ContainerRunState State { get; init; }
    public int RestartCount { get; init; }
    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset? StartedAt { get; init; }
    public DateTimeOffset? FinishedAt { get; init; }
    public int ExitCode { get; init; }
    public string Reason { get; init; } = "";
    public string Message { get; init; } = "";
    public string Image { get; init; } = "";
    public string ImageRef { get; init; } = "";
    public string Hash { get; init; } = "";
    public string LogPath { get; init; } = "";
    /// <summary>User and groups of the first process, where the runtime tells.</summary>
    public (long Uid, long Gid, IReadOnlyList<long> Groups)? User { get; init; }
    public int StopSignal { get; init; }

    public bool Alive => State is ContainerRunState.Running or ContainerRunState.Unknown;
}

/// <summary>Everything that the runtime holds for one Pod.</summary>
internal sealed class PodObservation
{
    public static readonly PodObservation Empty = new([], []);

    public PodObservation(IEnumerable<ObservedSandbox> sandboxes, IEnumerable<ObservedContainer> containers)
    {
        Sandboxes = [.. sandboxes.OrderByDescending(s => s.CreatedAt).ThenByDescending(s => s.Attempt)];
        Containers = [.. containers.OrderByDescending(c => c.RestartCount).ThenByDescending(c => c.CreatedAt)];
    }

    /// <summary>Newest first.</summary>
    public IReadOnlyList<ObservedSandbox> Sandboxes { get; }

    /// <summary>Newest first.</summary>
    public IReadOnlyList<ObservedContainer> Containers { get; }

    /// <summary>The sandbox that containers may be started in.</summary>
    public ObservedSandbox? ReadySandbox => Sandboxes is [{ Ready: true } newest, ..] ? newest : null;

    public bool AnyAlive => Containers.Any(c => c.Alive);

    /// <summary>The newest instance of a container, in whichever sandbox it ran.</summary>
    public ObservedContainer? Latest(string name)
    {
        foreach (var container in Containers)
        {
            if (container.Name == name)
            {
                return container;
            }
        }

        return null;
    }

    /// <summary>The instance before the newest: what `logs --previous` and lastState speak of.</summary>
    public ObservedContainer? Previous(string name) => Containers.Where(c => c.Name == name).Skip(1).FirstOrDefault();
}
