namespace Kobune.Hosting;

/// <summary>What may be set about the API server besides its addresses: all by files, as upstream's flags of these names take them. Paths are absolute.</summary>
internal sealed record ApiServerSettings
{
    public string? AuditPolicyFile { get; init; }
    public string? AuditLogPath { get; init; }
    public int AuditLogMaxSize { get; init; } = 100;
    public int AuditLogMaxBackup { get; init; } = 10;
    public int AuditLogMaxAge { get; init; } = 30;
    public string? EncryptionProviderConfig { get; init; }
    public string? TokenAuthFile { get; init; }
    public string? OidcIssuerUrl { get; init; }
    public string? OidcClientId { get; init; }
    public string OidcUsernameClaim { get; init; } = "sub";
    public string? OidcUsernamePrefix { get; init; }
    public string? OidcGroupsClaim { get; init; }
    public string? OidcGroupsPrefix { get; init; }
    public string? OidcCaFile { get; init; }
    /// <summary>"claim=value" each.</summary>
    public IReadOnlyList<string> OidcRequiredClaims { get; init; } = [];
    public string? RequestheaderClientCaFile { get; init; }
    public IReadOnlyList<string> RequestheaderAllowedNames { get; init; } = [];
}
