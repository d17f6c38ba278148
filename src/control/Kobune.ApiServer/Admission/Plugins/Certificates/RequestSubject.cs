using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Kobune.ApiServer.Admission.Plugins.Certificates;

/// <summary>Reads whom a signing request is for.</summary>
internal static class RequestSubject
{
    private const string OrganizationOid = "2.5.4.10";

    /// <summary>The organizations, which become groups; none when the request cannot be read (then validation refuses it).</summary>
    public static IReadOnlyList<string> Organizations(byte[] pem)
    {
        try
        {
            var request = CertificateRequest.LoadSigningRequestPem(
                Encoding.UTF8.GetString(pem), HashAlgorithmName.SHA256, CertificateRequestLoadOptions.SkipSignatureValidation);
            return [.. request.SubjectName.EnumerateRelativeDistinguishedNames(false).Where(n => !n.HasMultipleElements && n.GetSingleElementType().Value == OrganizationOid)
                .Select(n => n.GetSingleElementValue() ?? "")];
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            return [];
        }
    }
}
