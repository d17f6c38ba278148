using Kobune.Cri.V1;

namespace Kobune.Testing.FakeCri;

/// <summary>A container's state; guarded by the lock of <see cref="FakeRuntime"/>.</summary>
internal sealed class FakeContainer
{
    internal required string Id { get; init; }
    internal required string SandboxId { get; init; }
    internal required ContainerConfig Config { get; init; }
    internal required string LogPath { get; init; }
    internal required string ImageId { get; init; }
    internal required FakeContainerBehavior Behavior { get; init; }
    internal required long CreatedAt { get; init; }
    internal ContainerState State { get; set; } = ContainerState.ContainerCreated;
    internal long StartedAt { get; set; }
    internal long FinishedAt { get; set; }
    internal int ExitCode { get; set; }
    internal string Reason { get; set; } = "";
    internal LinuxContainerResources? Resources { get; set; }
    internal ITimer? ExitTimer { get; set; }
    internal TaskCompletionSource Exited { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal Container ToListed() => new()
    {
        Id = Id,
        PodSandboxId = SandboxId,
        Metadata = Config.Metadata.Clone(),
        Image = Config.Image.Clone(),
        ImageRef = ImageId,
        ImageId = ImageId,
        State = State,
        CreatedAt = CreatedAt,
        Labels = { Config.Labels },
        Annotations = { Config.Annotations },
    };

    internal ContainerStatus ToStatus() => new()
    {
        Id = Id,
        Metadata = Config.Metadata.Clone(),
        Image = Config.Image.Clone(),
        ImageRef = ImageId,
        ImageId = ImageId,
        State = State,
        CreatedAt = CreatedAt,
        StartedAt = StartedAt,
        FinishedAt = FinishedAt,
        ExitCode = ExitCode,
        Reason = Reason,
        Labels = { Config.Labels },
        Annotations = { Config.Annotations },
        Mounts = { Config.Mounts },
        LogPath = LogPath,
        Resources = Resources is null ? null : new ContainerResources { Linux = Resources },
        StopSignal = Config.StopSignal,
    };
}
