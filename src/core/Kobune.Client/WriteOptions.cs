namespace Kobune.Client;

/// <summary>How to write.</summary>
public sealed record WriteOptions
{
    public string? FieldManager { get; init; }
    public bool DryRun { get; init; }
    /// <summary>For apply: take over fields that other managers own.</summary>
    public bool Force { get; init; }
    /// <summary>Ignore, Warn or Strict; null is the server's default.</summary>
    public string? FieldValidation { get; init; }
    /// <summary>"status", "scale", "ephemeralcontainers", "resize" …; null is the object itself.</summary>
    public string? Subresource { get; init; }
}
