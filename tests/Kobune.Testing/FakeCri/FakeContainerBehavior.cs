using Kobune.Cri.V1;

namespace Kobune.Testing.FakeCri;

/// <summary>What a container does with its life. Times are by the injected clock.</summary>
public sealed record FakeContainerBehavior
{
    public FakeFailure? CreateFailure { get; init; }

    public FakeFailure? StartFailure { get; init; }

    /// <summary>How long StartContainer takes.</summary>
    public TimeSpan StartTime { get; init; }

    /// <summary>When it exits by itself; null runs until it is stopped.</summary>
    public TimeSpan? ExitAfter { get; init; }

    public int ExitCode { get; init; }

    /// <summary>"Error", "OOMKilled"; null takes the runtime's habit ("Completed" for 0, "Error" otherwise).</summary>
    public string? ExitReason { get; init; }

    /// <summary>How long after the stop signal it exits; null ignores the signal and is killed when the grace is over.</summary>
    public TimeSpan? StopTime { get; init; } = TimeSpan.Zero;

    /// <summary>Written to its log when it starts.</summary>
    public IReadOnlyList<string> Output { get; init; } = [];

    /// <summary>Answers ExecSync; throws <see cref="Cri.Grpc.RpcException"/> to fail.</summary>
    public Func<IReadOnlyList<string>, ExecSyncResponse> Exec { get; init; } = _ => new ExecSyncResponse();

    /// <summary>Answers ContainerStats.</summary>
    public Func<ContainerStats> Stats { get; init; } = () => new ContainerStats();
}
