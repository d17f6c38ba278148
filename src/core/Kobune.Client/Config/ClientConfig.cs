using System.Security.Cryptography.X509Certificates;

namespace Kobune.Client.Config;

/// <summary>Everything that is needed to talk to one API server as one user. Immutable; made by <see cref="ClientConfigResolver"/>.</summary>
public sealed record ClientConfig
{
    /// <summary>Base address; a path in it is kept as a prefix of every request.</summary>
    public required Uri Server { get; init; }

    /// <summary>Namespace of the context, "default" when it names none.</summary>
    public string Namespace { get; init; } = "default";

    /// <summary>Name of the context that this came from, empty when none.</summary>
    public string ContextName { get; init; } = "";

    /// <summary>Roots that may have signed the server's certificate; null means the system's.</summary>
    public X509Certificate2Collection? CertificateAuthorities { get; init; }

    public X509Certificate2? ClientCertificate { get; init; }

    public bool InsecureSkipTlsVerify { get; init; }

    /// <summary>Name to check in the server's certificate instead of the host in <see cref="Server"/>.</summary>
    public string? TlsServerName { get; init; }

    public string? Token { get; init; }

    /// <summary>Read again for every request, because service-account tokens are rotated.</summary>
    public string? TokenFile { get; init; }

    public string? Username { get; init; }

    public string? Password { get; init; }

    public ExecCredentialPlugin? ExecPlugin { get; init; }

    public Impersonation? Impersonate { get; init; }

    /// <summary>Limit for one request that is not a watch or a stream; zero means none.</summary>
    public TimeSpan RequestTimeout { get; init; }

    public string UserAgent { get; init; } = "kobune/v1.36.0";

    /// <summary>HTTP/2 multiplexes many watches over one connection; a one-shot command starts faster without.</summary>
    public bool PreferHttp2 { get; init; } = true;

    /// <summary>A program that ends after a few requests: HTTP/1.1 by <see cref="Http.DirectHttpHandler"/>, which starts at once.</summary>
    public bool ShortLived { get; init; }
}

/// <summary>Who to act as, when the authenticated user may impersonate.</summary>
public sealed record Impersonation(string User, IReadOnlyList<string> Groups, string? Uid);

/// <summary>A kubeconfig that cannot be used. The message is worded as kubectl words it.</summary>
public sealed class KubeConfigException(string message) : Exception(message);
