using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Kobune.Client.Http;

/// <summary>Certificates ready for TLS handshakes.</summary>
public static class CertificateContexts
{
    /// <summary>
    /// The context of a certificate that is sent with the given issuers. Built without the system's trust store: reading that
    /// costs each process some 150 files and 60 ms, and says nothing about certificates of a cluster's own authority.
    /// </summary>
    public static SslStreamCertificateContext Create(X509Certificate2 certificate, X509Certificate2Collection? issuers = null)
    {
        X509Certificate2Collection trusted = [certificate, .. issuers ?? []];
        return SslStreamCertificateContext.Create(certificate, issuers, offline: true, SslCertificateTrust.CreateForX509Collection(trusted));
    }

    /// <summary>
    /// For servers that check client certificates themselves, after the handshake: TLS then builds no chain against the
    /// system's trust store, once a connection, whose verdict nobody asks for.
    /// </summary>
    public static X509ChainPolicy UncheckedChain() => new()
    {
        TrustMode = X509ChainTrustMode.CustomRootTrust,
        RevocationMode = X509RevocationMode.NoCheck,
        DisableCertificateDownloads = true,
        VerificationFlags = X509VerificationFlags.AllFlags,
    };
}
