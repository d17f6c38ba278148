namespace Kobune.Runtime;

/// <summary>Who stands for election, for which Lease, and its periods (the defaults are upstream's).</summary>
public sealed record LeaderElectionOptions
{
    public required string LeaseName { get; init; }
    public string LeaseNamespace { get; init; } = "kube-system";
    /// <summary>Names this candidate; unique among all of them.</summary>
    public required string Identity { get; init; }
    /// <summary>How long others wait for a silent leader.</summary>
    public TimeSpan LeaseDuration { get; init; } = TimeSpan.FromSeconds(15);
    /// <summary>How long the leader tries to renew before it gives up.</summary>
    public TimeSpan RenewDeadline { get; init; } = TimeSpan.FromSeconds(10);
    /// <summary>Between two attempts.</summary>
    public TimeSpan RetryPeriod { get; init; } = TimeSpan.FromSeconds(2);
}
