namespace Kobune.Testing.FakeCri;

/// <summary>What happens to a Pod's sandbox.</summary>
public sealed record FakeSandboxBehavior
{
    public FakeFailure? RunFailure { get; init; }

    public TimeSpan RunTime { get; init; }

    /// <summary>Null takes the next of 10.88.0.0/16; empty gives none, as on the host's network.</summary>
    public IReadOnlyList<string>? IPs { get; init; }

    public FakeFailure? StopFailure { get; init; }
}
