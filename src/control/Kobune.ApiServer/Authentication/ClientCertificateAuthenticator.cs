using System.Security.Cryptography.X509Certificates;
using Kobune.Api;

namespace Kobune.ApiServer.Authentication;

/// <summary>Users by client certificates of a trusted authority: the common name is the user, the organizations are its groups.</summary>
public sealed class ClientCertificateAuthenticator(X509Certificate2 authority) : IAuthenticator
{
    private const string OrganizationOid = "2.5.4.10";
    private const string CommonNameOid = "2.5.4.3";
    private const string CredentialId = "authentication.kubernetes.io/credential-id";

    // Handshakes repeat certificates; the chain of one is built once. Bounded: it is emptied when it gets large.
    private readonly System.Collections.Concurrent.ConcurrentDictionary<string, (UserInfo User, DateTimeOffset Until)> _known = new(StringComparer.Ordinal);
    private const int MaxKnown = 1024;
    // All requests of a connection show the same certificate object: not even its hash has to be computed for them.
    private readonly System.Runtime.CompilerServices.ConditionalWeakTable<X509Certificate2, Seen> _seen = [];

    private sealed record Seen(UserInfo User, DateTimeOffset Until);

    public ValueTask<UserInfo?> AuthenticateAsync(AuthenticationRequest request, CancellationToken cancellationToken)
    {
        if (request.ClientCertificate is not { } certificate)
        {
            return default;
        }
        if (_seen.TryGetValue(certificate, out var seen) && request.Now < seen.Until)
        {
            return new(seen.User);
        }

        var thumbprint = certificate.GetCertHashString(System.Security.Cryptography.HashAlgorithmName.SHA256);
        if (_known.TryGetValue(thumbprint, out var known) && request.Now < known.Until)
        {
            _seen.AddOrUpdate(certificate, new Seen(known.User, known.Until));
            return new(known.User);
        }
        if (!Trusted(certificate, request.Now))
        {
            throw StatusErrors.Unauthorized();
        }
        var user = UserOf(certificate, thumbprint);
        if (_known.Count >= MaxKnown)
        {
            _known.Clear();
        }
        _known[thumbprint] = (user, certificate.NotAfter);
        return new(user);
    }

    private bool Trusted(X509Certificate2 certificate, DateTimeOffset now)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(authority);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.VerificationTime = now.UtcDateTime;
        chain.ChainPolicy.ApplicationPolicy.Add(new("1.3.6.1.5.5.7.3.2"));
        return chain.Build(certificate);
    }

    private static UserInfo UserOf(X509Certificate2 certificate, string thumbprint)
    {
        var name = "";
        var groups = new List<string>();
        foreach (var part in certificate.SubjectName.EnumerateRelativeDistinguishedNames(reversed: false))
        {
            if (part.HasMultipleElements)
            {
                continue;
            }
            switch (part.GetSingleElementType().Value)
            {
                case CommonNameOid: name = part.GetSingleElementValue() ?? ""; break;
                case OrganizationOid when part.GetSingleElementValue() is { } organization: groups.Add(organization); break;
            }
        }
        if (name.Length == 0)
        {
            throw StatusErrors.Unauthorized();
        }
        groups.Add(UserInfo.Authenticated);
        var extra = new Dictionary<string, IReadOnlyList<string>> { [CredentialId] = ["X509SHA256=" + thumbprint.ToLowerInvariant()] };
        return new UserInfo(name, null, groups, extra);
    }
}
