using System.Security.Cryptography.X509Certificates;

namespace Kobune.ApiServer.Authentication;

/// <summary>How a front proxy is recognized, and in which headers it names the user.</summary>
/// <param name="Authority">Signs the proxies' client certificates. Never the CA of ordinary clients: whoever has a certificate of it may be anybody.</param>
/// <param name="AllowedNames">Common names of proxies; empty: all that the authority signed.</param>
public sealed record FrontProxyOptions(X509Certificate2 Authority, IReadOnlyList<string> AllowedNames)
{
    public IReadOnlyList<string> UserHeaders { get; init; } = ["X-Remote-User"];
    public IReadOnlyList<string> UidHeaders { get; init; } = ["X-Remote-Uid"];
    public IReadOnlyList<string> GroupHeaders { get; init; } = ["X-Remote-Group"];
    public IReadOnlyList<string> ExtraPrefixes { get; init; } = ["X-Remote-Extra-"];
}

/// <summary>
/// Users whom an authenticating proxy in front of this server names in headers. The headers count only when the proxy's
/// own client certificate is right; it stands before the authenticator of client certificates, to which a proxy is nobody.
/// </summary>
public sealed class FrontProxyAuthenticator(FrontProxyOptions options) : IAuthenticator
{
    public ValueTask<UserInfo?> AuthenticateAsync(AuthenticationRequest request, CancellationToken cancellationToken)
    {
        var name = First(request, options.UserHeaders);
        if (name.Length == 0 || request.ClientCertificate is not { } certificate || !IsProxy(certificate, request.Now))
        {
            return default;
        }

        var groups = options.GroupHeaders.SelectMany(h => request.Headers[h]).Where(g => !string.IsNullOrEmpty(g)).Select(g => g!).ToList();
        if (!groups.Contains(UserInfo.Authenticated))
        {
            groups.Add(UserInfo.Authenticated);
        }

        var extra = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        foreach (var (header, values) in request.Headers)
        {
            if (options.ExtraPrefixes.FirstOrDefault(p => header.StartsWith(p, StringComparison.OrdinalIgnoreCase)) is { } prefix)
            {
                extra[Uri.UnescapeDataString(header[prefix.Length..]).ToLowerInvariant()] = [.. values.Select(v => v ?? "")];
            }
        }

        var uid = First(request, options.UidHeaders);
        return new(new UserInfo(name, uid.Length == 0 ? null : uid, groups, extra));
    }

    private static string First(AuthenticationRequest request, IReadOnlyList<string> headers) =>
        headers.Select(h => request.Headers[h].FirstOrDefault()).FirstOrDefault(v => !string.IsNullOrEmpty(v)) ?? "";

    private bool IsProxy(X509Certificate2 certificate, DateTimeOffset now)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(options.Authority);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.VerificationTime = now.UtcDateTime;
        chain.ChainPolicy.ApplicationPolicy.Add(new("1.3.6.1.5.5.7.3.2"));
        return chain.Build(certificate) && (options.AllowedNames.Count == 0 || options.AllowedNames.Contains(certificate.GetNameInfo(X509NameType.SimpleName, false)));
    }
}
