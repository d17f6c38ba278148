using Kobune.Runtime;

namespace Kobune.Scheduler;

/// <summary>How the scheduler works.</summary>
public sealed record SchedulerOptions
{
    /// <summary>The Pods that are ours: those whose <c>spec.schedulerName</c> is one of these.</summary>
    public IReadOnlySet<string> SchedulerNames { get; init; } = new HashSet<string> { "default-scheduler" };

    /// <summary>Between attempts of one Pod.</summary>
    public Backoff Backoff { get; init; } = new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10));

    /// <summary>How many bindings are under way at the same time.</summary>
    public int ParallelBindings { get; init; } = 64;

    /// <summary>Of how many per cent of the nodes the best is chosen; 0: fewer the more there are.</summary>
    public int PercentageOfNodesToScore { get; init; }

    /// <summary>Decides among equal nodes; the same seed decides the same.</summary>
    public int Seed { get; init; }
}
