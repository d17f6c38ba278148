using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Kobune.Api.Certificates.V1;
using Kobune.Client;

namespace Kobune.Joining;

/// <summary>
/// The certificates of a node that joined: asked for by CertificateSigningRequest, kept in a folder, asked for anew when
/// little of their life is left.
/// </summary>
internal sealed class NodeCertificates(string folder, string nodeName, IPAddress address, TimeProvider time)
{
    private static readonly TimeSpan RenewBefore = TimeSpan.FromDays(30);

    private string CommonName => "system:node:" + nodeName;

    /// <summary>What the kubelet shows to the API server.</summary>
    public Task<X509Certificate2> ClientAsync(IKubeClient client, CancellationToken cancellationToken) =>
        EnsureAsync(client, "kubelet-client", "kubernetes.io/kube-apiserver-client-kubelet", "client auth", false, cancellationToken);

    /// <summary>What the kubelet serves with.</summary>
    public Task<X509Certificate2> ServingAsync(IKubeClient client, CancellationToken cancellationToken) =>
        EnsureAsync(client, "kubelet-serving", "kubernetes.io/kubelet-serving", "server auth", true, cancellationToken);

    /// <summary>The kept client certificate while it holds; null before the first join.</summary>
    public X509Certificate2? KeptClient() => Kept("kubelet-client");

    private async Task<X509Certificate2> EnsureAsync(IKubeClient client, string file, string signer, string usage, bool names, CancellationToken cancellationToken)
    {
        if (Kept(file) is { } kept)
        {
            return kept;
        }
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var pem = await RequestAsync(client, Request(key, names), signer, usage, cancellationToken);
        using var certificate = X509Certificate2.CreateFromPem(pem);
        var complete = certificate.CopyWithPrivateKey(key);
        Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var path = Path.Combine(folder, file + ".pem");
        await using var writer = new StreamWriter(path, new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
        await writer.WriteAsync($"{pem.Trim()}\n{key.ExportPkcs8PrivateKeyPem()}\n");
        return complete;
    }

    private X509Certificate2? Kept(string file)
    {
        var path = Path.Combine(folder, file + ".pem");
        if (!File.Exists(path))
        {
            return null;
        }
        var text = File.ReadAllText(path);
        var certificate = X509Certificate2.CreateFromPem(text, text);
        return certificate.NotAfter.ToUniversalTime() - time.GetUtcNow() > RenewBefore ? certificate : null;
    }

    private string Request(ECDsa key, bool names)
    {
        var subject = new X500DistinguishedNameBuilder();
        subject.AddOrganizationName("system:nodes");
        subject.AddCommonName(CommonName);
        var request = new CertificateRequest(subject.Build(), key, HashAlgorithmName.SHA256);
        if (names)
        {
            var alternatives = new SubjectAlternativeNameBuilder();
            alternatives.AddDnsName(nodeName);
            alternatives.AddIpAddress(address);
            request.CertificateExtensions.Add(alternatives.Build());
        }
        return request.CreateSigningRequestPem();
    }

    private static async Task<string> RequestAsync(IKubeClient client, string request, string signer, string usage, CancellationToken cancellationToken)
    {
        var made = await client.CreateAsync(
            new CertificateSigningRequest
            {
                Metadata = { GenerateName = "node-csr-" },
                Spec = { Request = Encoding.ASCII.GetBytes(request), SignerName = signer, Usages = ["digital signature", usage] },
            },
            cancellationToken: cancellationToken);
        var options = new WatchOptions { FieldSelector = "metadata.name=" + made.Name, SendInitialEvents = true };
        while (true)
        {
            await foreach (var change in client.WatchAsync(CertificateSigningRequest.Info, null, options, cancellationToken))
            {
                if (change.Object is not CertificateSigningRequest { Status: var status })
                {
                    continue;
                }
                if (status.Certificate is { Length: > 0 } certificate)
                {
                    return Encoding.ASCII.GetString(certificate);
                }
                if (status.Conditions.FirstOrDefault(c => c.Type is "Denied" or "Failed") is { } refused)
                {
                    throw new UserErrorException($"the certificate request {made.Name} was refused: {refused.Message}");
                }
            }
        }
    }
}
