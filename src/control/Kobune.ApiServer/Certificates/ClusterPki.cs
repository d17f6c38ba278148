using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Kobune.Runtime.Certificates;

namespace Kobune.ApiServer.Certificates;

/// <summary>
/// The keys and certificates of one cluster, in a folder laid out as kubeadm does (ca.crt, ca.key, apiserver.crt …, sa.key).
/// Reading one makes it when it is absent, ends within <see cref="RenewBefore"/>, or does not name what it has to name.
/// Private keys have mode 0600.
/// </summary>
public sealed class ClusterPki
{
    /// <summary>A leaf is issued anew when less than this is left of it.</summary>
    public static readonly TimeSpan RenewBefore = TimeSpan.FromDays(30);

    private static readonly TimeSpan LeafLifetime = TimeSpan.FromDays(365);

    private readonly string _folder;
    private readonly TimeProvider _time;

    /// <param name="folder">Created when absent, mode 0700.</param>
    public ClusterPki(string folder, TimeProvider time)
    {
        _folder = folder;
        _time = time;
        Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        ClusterAuthority = new CertificateAuthority(LoadOrCreate("ca", () => CertificateAuthority.Create("kubernetes", _time.GetUtcNow()), _ => true));
        FrontProxyAuthority = new CertificateAuthority(LoadOrCreate("front-proxy-ca", () => CertificateAuthority.Create("front-proxy-ca", _time.GetUtcNow()), _ => true));
        ServiceAccountKey = LoadOrCreateKey("sa");
    }

    /// <summary>Signs serving and client certificates of the cluster.</summary>
    public CertificateAuthority ClusterAuthority { get; }

    /// <summary>Signs the client certificates of trusted proxies (request headers).</summary>
    public CertificateAuthority FrontProxyAuthority { get; }

    /// <summary>Signs service-account tokens (ES256).</summary>
    public ECDsa ServiceAccountKey { get; }

    /// <summary>A certificate with its key, from NAME.crt and NAME.key.</summary>
    public X509Certificate2 Leaf(string name, CertificateRequestInfo info) => LoadOrCreate(
        name,
        () => ClusterAuthority.Issue(info, _time.GetUtcNow(), LeafLifetime),
        certificate => Names(certificate, info));

    /// <summary>What the API server serves with: the names of the kubernetes Service and the given addresses.</summary>
    public X509Certificate2 ApiServerServing(IEnumerable<string> names, IEnumerable<IPAddress> addresses) => Leaf("apiserver", new("kube-apiserver", CertificateUses.Server)
    {
        DnsNames = ["kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local", "localhost", .. names],
        Addresses = [IPAddress.Loopback, IPAddress.IPv6Loopback, .. addresses],
    });

    /// <summary>What the API server shows to kubelets.</summary>
    public X509Certificate2 ApiServerKubeletClient() => Leaf("apiserver-kubelet-client",
        new("kube-apiserver-kubelet-client", CertificateUses.Client) { Organizations = ["system:masters"] });

    /// <summary>The cluster's administrator, for the kubeconfig.</summary>
    public X509Certificate2 Admin() => Leaf("admin", new("kubernetes-admin", CertificateUses.Client) { Organizations = ["system:masters"] });

    /// <summary>What a kubelet serves with and shows to the API server; one certificate for both.</summary>
    public X509Certificate2 Kubelet(string nodeName, IEnumerable<IPAddress> addresses) => Leaf($"kubelet-{nodeName}",
        new($"system:node:{nodeName}", CertificateUses.Server | CertificateUses.Client)
        {
            Organizations = ["system:nodes"],
            DnsNames = [nodeName, "localhost"],
            Addresses = [IPAddress.Loopback, .. addresses],
        });

    private static bool Names(X509Certificate2 certificate, CertificateRequestInfo info)
    {
        if (certificate.GetNameInfo(X509NameType.SimpleName, false) != info.CommonName)
        {
            return false;
        }
        var names = certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().FirstOrDefault();
        return info.DnsNames.All(n => names?.EnumerateDnsNames().Contains(n) == true)
            && info.Addresses.All(a => names?.EnumerateIPAddresses().Contains(a) == true);
    }

    private X509Certificate2 LoadOrCreate(string name, Func<X509Certificate2> create, Func<X509Certificate2, bool> valid)
    {
        var certificateFile = Path.Combine(_folder, name + ".crt");
        var keyFile = Path.Combine(_folder, name + ".key");
        if (File.Exists(certificateFile) && File.Exists(keyFile))
        {
            var existing = X509Certificate2.CreateFromPemFile(certificateFile, keyFile);
            if (existing.NotAfter.ToUniversalTime() - _time.GetUtcNow() > RenewBefore && valid(existing))
            {
                return existing;
            }
            existing.Dispose();
        }
        var made = create();
        using var key = made.GetECDsaPrivateKey() ?? throw new CryptographicException($"certificate {name} has no ECDSA key");
        WriteSecret(keyFile, key.ExportPkcs8PrivateKeyPem());
        Write(certificateFile, made.ExportCertificatePem(), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        return made;
    }

    private ECDsa LoadOrCreateKey(string name)
    {
        var file = Path.Combine(_folder, name + ".key");
        if (File.Exists(file))
        {
            var existing = ECDsa.Create();
            existing.ImportFromPem(File.ReadAllText(file));
            return existing;
        }
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        WriteSecret(file, key.ExportPkcs8PrivateKeyPem());
        Write(Path.Combine(_folder, name + ".pub"), key.ExportSubjectPublicKeyInfoPem(), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        return key;
    }

    private static void WriteSecret(string file, string text) => Write(file, text, UnixFileMode.UserRead | UnixFileMode.UserWrite);

    // Written beside and moved, so that a crash leaves the old file or the new one.
    private static void Write(string file, string text, UnixFileMode mode)
    {
        var temporary = file + ".tmp";
        File.Delete(temporary);
        using (var writer = new StreamWriter(temporary, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = mode }))
        {
            writer.Write(text);
            writer.WriteLine();
        }
        File.Move(temporary, file, overwrite: true);
    }
}
