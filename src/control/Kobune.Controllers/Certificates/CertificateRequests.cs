using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Kobune.Api.Certificates.V1;

namespace Kobune.Controllers.Certificates;

/// <summary>What the standard signers want of a request (KEP-1513): who it names, what for, and by whom it may be asked.</summary>
internal static class CertificateRequests
{
    public const string ApiServerClient = "kubernetes.io/kube-apiserver-client";
    public const string KubeletClient = "kubernetes.io/kube-apiserver-client-kubelet";
    public const string KubeletServing = "kubernetes.io/kubelet-serving";
    public const string LegacyUnknown = "kubernetes.io/legacy-unknown";

    public const string NodeUserPrefix = "system:node:";
    public const string NodeGroup = "system:nodes";

    private static readonly string[] ClientUsages = ["digital signature", "key encipherment", "client auth"];
    private static readonly string[] ServingUsages = ["digital signature", "key encipherment", "server auth"];

    public static bool IsApproved(CertificateSigningRequest request) => Has(request, "Approved") && !Has(request, "Denied");

    public static bool IsDecided(CertificateSigningRequest request) => Has(request, "Approved") || Has(request, "Denied");

    public static bool Has(CertificateSigningRequest request, string condition) => request.Status.Conditions.Any(c => c.Type == condition);

    /// <summary>The PKCS #10 request inside, or null when it is none.</summary>
    public static CertificateRequest? Parse(CertificateSigningRequest request)
    {
        try
        {
            return CertificateRequest.LoadSigningRequestPem(
                Encoding.ASCII.GetString(request.Spec.Request ?? []), HashAlgorithmName.SHA256,
                CertificateRequestLoadOptions.UnsafeLoadCertificateExtensions, RSASignaturePadding.Pkcs1);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            return null;
        }
    }

    /// <summary>Why the signer would refuse the request; null when it is as it should be.</summary>
    public static string? Objection(CertificateSigningRequest request, CertificateRequest parsed)
    {
        var (name, organizations) = Subject(parsed);
        var alternatives = parsed.CertificateExtensions.OfType<X509SubjectAlternativeNameExtension>().FirstOrDefault();
        var usages = request.Spec.Usages;
        switch (request.Spec.SignerName)
        {
            case KubeletClient:
                return !name.StartsWith(NodeUserPrefix, StringComparison.Ordinal) ? $"subject common name does not begin with {NodeUserPrefix}"
                    : organizations is not [NodeGroup] ? $"subject organization is not {NodeGroup}"
                    : alternatives is not null ? "DNS and IP subjectAltNames are not allowed"
                    : Usages(usages, ClientUsages);
            case KubeletServing:
                return !name.StartsWith(NodeUserPrefix, StringComparison.Ordinal) ? $"subject common name does not begin with {NodeUserPrefix}"
                    : organizations is not [NodeGroup] ? $"subject organization is not {NodeGroup}"
                    : alternatives is null || !alternatives.EnumerateDnsNames().Any() && !alternatives.EnumerateIPAddresses().Any() ? "DNS or IP subjectAltName is required"
                    : Usages(usages, ServingUsages);
            case ApiServerClient:
                return Usages(usages, ClientUsages);
            default:
                return null;
        }
    }

    /// <summary>The common name and the organizations of the subject.</summary>
    public static (string Name, IReadOnlyList<string> Organizations) Subject(CertificateRequest request)
    {
        var name = "";
        var organizations = new List<string>();
        foreach (var part in request.SubjectName.EnumerateRelativeDistinguishedNames(reversed: false))
        {
            if (!part.HasMultipleElements)
            {
                switch (part.GetSingleElementType().Value)
                {
                    case "2.5.4.3": name = part.GetSingleElementValue() ?? ""; break;
                    case "2.5.4.10": organizations.Add(part.GetSingleElementValue() ?? ""); break;
                }
            }
        }
        return (name, organizations);
    }

    private static string? Usages(List<string> usages, string[] allowed) =>
        usages.Except(allowed).FirstOrDefault() is { } extra ? $"usage \"{extra}\" is not allowed"
        : !usages.Contains(allowed[^1]) ? $"usage \"{allowed[^1]}\" is required"
        : !usages.Contains(allowed[0]) ? $"usage \"{allowed[0]}\" is required"
        : null;
}
