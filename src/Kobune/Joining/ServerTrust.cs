using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Kobune.Joining;

/// <summary>Learns the authority of a server that is not known yet, and believes it only when its public key has the expected hash.</summary>
internal static class ServerTrust
{
    /// <summary>The hash that <c>kobune server</c> prints: sha256 over the authority's public key (SubjectPublicKeyInfo), as kubeadm does.</summary>
    public static string HashOf(X509Certificate2 authority) => "sha256:" + Convert.ToHexStringLower(SHA256.HashData(authority.PublicKey.ExportSubjectPublicKeyInfo()));

    /// <exception cref="UserErrorException">The server shows another authority, or none.</exception>
    public static async Task<X509Certificate2> FetchAuthorityAsync(Uri server, string expectedHash, CancellationToken cancellationToken)
    {
        X509Certificate2? authority = null;
        using var client = new TcpClient();
        await client.ConnectAsync(server.Host, server.Port, cancellationToken);
        await using var tls = new SslStream(client.GetStream());
        try
        {
            await tls.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions
                {
                    TargetHost = server.Host,
                    RemoteCertificateValidationCallback = (_, leaf, chain, _) =>
                    {
                        authority = chain!.ChainPolicy.ExtraStore.FirstOrDefault(c => HashOf(c) == expectedHash) is { } found
                            ? X509CertificateLoader.LoadCertificate(found.RawData)
                            : null;
                        return authority is not null && Signs(authority, leaf!);
                    },
                },
                cancellationToken);
        }
        catch (System.Security.Authentication.AuthenticationException)
        {
            throw new UserErrorException($"{server} does not show the authority with hash {expectedHash}: is it the right server, and the hash that «kobune server» printed?");
        }
        return authority!;
    }

    private static bool Signs(X509Certificate2 authority, X509Certificate leaf)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(authority);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        using var certificate = X509CertificateLoader.LoadCertificate(leaf.GetRawCertData());
        return chain.Build(certificate);
    }
}
