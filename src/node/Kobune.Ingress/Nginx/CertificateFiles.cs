using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Kobune.Api.Core.V1;
using Kobune.Ingress.Rendering;
using Kobune.Runtime.Certificates;

namespace Kobune.Ingress.Nginx;

/// <summary>
/// TLS Secrets as files for nginx, mode 0600: certificates and key in one. The name has the hash of the content, so that a
/// new certificate is a new configuration, and the old file stays for the workers that still use it until the next cleaning.
/// </summary>
internal sealed class CertificateFiles(NginxPaths paths, TimeProvider time)
{
    /// <summary>Makes the folder and the certificate for hosts that have none, signed by itself as ingress-nginx's is.</summary>
    public void Prepare()
    {
        Directory.CreateDirectory(paths.Certificates, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        if (!File.Exists(paths.DefaultCertificate))
        {
            using var fake = CertificateAuthority.Create("Kubernetes Ingress Controller Fake Certificate", time.GetUtcNow());
            using var key = fake.GetECDsaPrivateKey()!;
            Write(paths.DefaultCertificate, fake.ExportCertificatePem() + "\n" + key.ExportPkcs8PrivateKeyPem() + "\n");
        }
    }

    /// <summary>The file of a Secret, or null when certificate and key are missing, unreadable, or no pair.</summary>
    public string? FileOf(Secret? secret)
    {
        if (secret is null || !secret.Data.TryGetValue("tls.crt", out var certificate) || !secret.Data.TryGetValue("tls.key", out var key))
        {
            return null;
        }
        var pem = Encoding.UTF8.GetString(certificate).TrimEnd() + "\n" + Encoding.UTF8.GetString(key).TrimEnd() + "\n";
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(pem)))[..16];
        var file = Path.Combine(paths.Certificates, $"{secret.Namespace}_{secret.Name}_{hash}.pem");
        if (!File.Exists(file))
        {
            if (!IsPair(Encoding.UTF8.GetString(certificate), Encoding.UTF8.GetString(key)))
            {
                return null;
            }
            Write(file, pem);
        }
        return file;
    }

    /// <summary>Removes the files that the configuration now in use does not name.</summary>
    public void Clean(string configuration)
    {
        foreach (var file in Directory.EnumerateFiles(paths.Certificates, "*_*.pem").Where(f => !configuration.Contains(f, StringComparison.Ordinal)))
        {
            File.Delete(file);
        }
    }

    private static bool IsPair(string certificate, string key)
    {
        try
        {
            using var pair = X509Certificate2.CreateFromPem(certificate, key);
            return pair.HasPrivateKey;
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            return false;
        }
    }

    private static void Write(string file, string text)
    {
        using var stream = new FileStream(file, new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
        stream.Write(Encoding.UTF8.GetBytes(text));
    }
}
