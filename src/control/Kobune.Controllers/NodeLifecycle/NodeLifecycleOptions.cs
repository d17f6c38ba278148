namespace Kobune.Controllers.NodeLifecycle;

/// <summary>How long a node may be silent.</summary>
public sealed record NodeLifecycleOptions
{
    /// <summary>Without a sign of life for this long a node counts as lost.</summary>
    public TimeSpan MonitorGracePeriod { get; init; } = TimeSpan.FromSeconds(40);

    /// <summary>A new node has this long for its first one.</summary>
    public TimeSpan StartupGracePeriod { get; init; } = TimeSpan.FromSeconds(60);
}
