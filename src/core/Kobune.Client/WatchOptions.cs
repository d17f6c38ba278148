namespace Kobune.Client;

/// <summary>What to watch, from which resource version on.</summary>
public sealed record WatchOptions
{
    public string? LabelSelector { get; init; }
    public string? FieldSelector { get; init; }
    public string? ResourceVersion { get; init; }
    public bool AllowBookmarks { get; init; } = true;
    /// <summary>Start with the current state as ADDED events, closed by a bookmark annotated k8s.io/initial-events-end.</summary>
    public bool SendInitialEvents { get; init; }
    public TimeSpan? Timeout { get; init; }
}
