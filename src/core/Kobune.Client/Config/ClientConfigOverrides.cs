namespace Kobune.Client.Config;

/// <summary>What the command line says instead of the kubeconfig; null leaves the kubeconfig's value.</summary>
public sealed record ClientConfigOverrides
{
    public string? Context { get; init; }
    public string? Cluster { get; init; }
    public string? User { get; init; }
    public string? Server { get; init; }
    public string? Namespace { get; init; }
    public string? Token { get; init; }
    public string? Username { get; init; }
    public string? Password { get; init; }
    public string? CertificateAuthority { get; init; }
    public string? ClientCertificate { get; init; }
    public string? ClientKey { get; init; }
    public bool? InsecureSkipTlsVerify { get; init; }
    public string? TlsServerName { get; init; }
    public string? AsUser { get; init; }
    public string? AsUid { get; init; }
    public IReadOnlyList<string> AsGroups { get; init; } = [];
    public TimeSpan RequestTimeout { get; init; }
}
