using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Kobune.Runtime.Certificates;

/// <summary>What a leaf certificate is for; decides its extended key usage.</summary>
[Flags]
public enum CertificateUses
{
    Server = 1,
    Client = 2,
}

/// <summary>Who a leaf certificate names: the user (CN), the groups (O) and the addresses that it may serve.</summary>
public sealed record CertificateRequestInfo(string CommonName, CertificateUses Uses)
{
    public IReadOnlyList<string> Organizations { get; init; } = [];
    public IReadOnlyList<string> DnsNames { get; init; } = [];
    public IReadOnlyList<IPAddress> Addresses { get; init; } = [];
}

/// <summary>A certificate authority with an ECDSA P-256 key that issues leaf certificates (PKIX, RFC 5280).</summary>
public sealed class CertificateAuthority : IDisposable
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    private readonly X509Certificate2 _certificate;

    /// <param name="certificate">The authority's certificate with its private key.</param>
    public CertificateAuthority(X509Certificate2 certificate) => _certificate = certificate;

    /// <summary>The authority's certificate without its key.</summary>
    public X509Certificate2 Certificate => X509CertificateLoader.LoadCertificate(_certificate.RawData);

    /// <summary>The certificate in PEM.</summary>
    public string Pem => _certificate.ExportCertificatePem();

    /// <summary>Makes a new self-signed authority, valid for ten years.</summary>
    public static X509Certificate2 Create(string commonName, DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={commonName}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(
            X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.KeyEncipherment | X509KeyUsageFlags.KeyCertSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        return request.CreateSelfSigned(now.AddMinutes(-5), now.AddYears(10));
    }

    /// <summary>Issues a leaf with a new key. The caller owns the result.</summary>
    public X509Certificate2 Issue(CertificateRequestInfo info, DateTimeOffset now, TimeSpan lifetime)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(Subject(info), key, HashAlgorithmName.SHA256);
        using var certificate = Sign(request, info.Uses, SubjectAlternativeNames(info), now, lifetime);
        return certificate.CopyWithPrivateKey(key);
    }

    /// <summary>Signs a request whose key somebody else holds (a CertificateSigningRequest).</summary>
    public X509Certificate2 Sign(CertificateRequest request, CertificateUses uses, X509Extension? alternativeNames, DateTimeOffset now, TimeSpan lifetime)
    {
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.KeyEncipherment, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(KeyUsages(uses), false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(_certificate, true, false));
        if (alternativeNames is not null)
        {
            request.CertificateExtensions.Add(alternativeNames);
        }
        var serial = RandomNumberGenerator.GetBytes(16);
        serial[0] &= 0x7f;
        var end = now + lifetime;
        return request.Create(_certificate, now.AddMinutes(-5), end < _certificate.NotAfter ? end : _certificate.NotAfter, serial);
    }

    public void Dispose() => _certificate.Dispose();

    private static X500DistinguishedName Subject(CertificateRequestInfo info)
    {
        var builder = new X500DistinguishedNameBuilder();
        foreach (var organization in info.Organizations)
        {
            builder.AddOrganizationName(organization);
        }
        builder.AddCommonName(info.CommonName);
        return builder.Build();
    }

    private static X509Extension? SubjectAlternativeNames(CertificateRequestInfo info)
    {
        if (info.DnsNames.Count == 0 && info.Addresses.Count == 0)
        {
            return null;
        }
        var builder = new SubjectAlternativeNameBuilder();
        foreach (var name in info.DnsNames)
        {
            builder.AddDnsName(name);
        }
        foreach (var address in info.Addresses)
        {
            builder.AddIpAddress(address);
        }
        return builder.Build();
    }

    private static OidCollection KeyUsages(CertificateUses uses)
    {
        var oids = new OidCollection();
        if (uses.HasFlag(CertificateUses.Server))
        {
            oids.Add(new Oid(ServerAuthentication));
        }
        if (uses.HasFlag(CertificateUses.Client))
        {
            oids.Add(new Oid(ClientAuthentication));
        }
        return oids;
    }
}
