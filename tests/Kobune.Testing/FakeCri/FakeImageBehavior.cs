namespace Kobune.Testing.FakeCri;

/// <summary>What a registry and an image hold in store for those who use them.</summary>
public sealed record FakeImageBehavior
{
    /// <summary>Null pulls well.</summary>
    public FakeFailure? PullFailure { get; init; }

    /// <summary>By the injected clock.</summary>
    public TimeSpan PullTime { get; init; }

    public ulong Size { get; init; } = 1 << 20;

    /// <summary>The user of the image's config: a number, or a name.</summary>
    public string User { get; init; } = "";
}
