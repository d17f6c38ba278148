namespace Kobune.Client;

/// <summary>What to list. Empty selectors match everything.</summary>
public sealed record ListOptions
{
    public string? LabelSelector { get; init; }
    public string? FieldSelector { get; init; }
    public int? Limit { get; init; }
    public string? Continue { get; init; }
    /// <summary>null: the newest; "0": any that is cached.</summary>
    public string? ResourceVersion { get; init; }
    public string? ResourceVersionMatch { get; init; }
}
