namespace Kobune.ApiServer.Audit;

/// <summary>Where the audit log goes.</summary>
/// <param name="Policy">What is recorded.</param>
/// <param name="Path">The file, one JSON event a line; "-": standard output.</param>
public sealed record AuditOptions(AuditPolicy Policy, string Path)
{
    /// <summary>A file that would grow beyond so many bytes is set aside and a new one begun.</summary>
    public long MaxBytes { get; init; } = 100 << 20;
    /// <summary>How many files that were set aside are kept; 0: all.</summary>
    public int MaxBackups { get; init; } = 10;
    /// <summary>How many days files that were set aside are kept; 0: for ever.</summary>
    public int MaxAgeDays { get; init; } = 30;
}
