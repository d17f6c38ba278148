using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Kobune.Api.Certificates.V1;
using Kobune.Client;

namespace Kobune.Joining;

/// <summary>A certificate of a node as its signer wants it asked for (KEP-1513): the node's name as user, and for serving its names.</summary>
/// <param name="NodeName">The Node's name.</param>
/// <param name="Address">The address that the certificate is to serve; null asks for none.</param>
/// <param name="Signer">Who is to sign.</param>
/// <param name="Usage">The extended key usage beside digital signature.</param>
internal sealed record NodeCertificateRequest(string NodeName, IPAddress? Address, string Signer, string Usage)
{
    /// <summary>How long the certificate should hold; null leaves it to the signer.</summary>
    public TimeSpan? Lifetime { get; init; }

    /// <summary>Asks with a new key and waits until the request is approved and signed.</summary>
    /// <returns>The certificate with its key, in PEM.</returns>
    /// <exception cref="UserErrorException">It was refused.</exception>
    public async Task<string> AskAsync(IKubeClient client, CancellationToken cancellationToken)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var made = await client.CreateAsync(
            new CertificateSigningRequest
            {
                Metadata = { GenerateName = "node-csr-" },
                Spec =
                {
                    Request = Encoding.ASCII.GetBytes(Pem(key)),
                    SignerName = Signer,
                    Usages = ["digital signature", Usage],
                    ExpirationSeconds = (int?)Lifetime?.TotalSeconds,
                },
            },
            cancellationToken: cancellationToken);
        var certificate = await WaitAsync(client, made.Name, cancellationToken);
        return $"{certificate.Trim()}\n{key.ExportPkcs8PrivateKeyPem()}\n";
    }

    private string Pem(ECDsa key)
    {
        var subject = new X500DistinguishedNameBuilder();
        subject.AddOrganizationName("system:nodes");
        subject.AddCommonName("system:node:" + NodeName);
        var request = new CertificateRequest(subject.Build(), key, HashAlgorithmName.SHA256);
        if (Address is not null)
        {
            var alternatives = new SubjectAlternativeNameBuilder();
            alternatives.AddDnsName(NodeName);
            alternatives.AddIpAddress(Address);
            request.CertificateExtensions.Add(alternatives.Build());
        }
        return request.CreateSigningRequestPem();
    }

    private static async Task<string> WaitAsync(IKubeClient client, string name, CancellationToken cancellationToken)
    {
        var options = new WatchOptions { FieldSelector = "metadata.name=" + name, SendInitialEvents = true };
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
                    throw new UserErrorException($"the certificate request {name} was refused: {refused.Message}");
                }
            }
        }
    }
}
