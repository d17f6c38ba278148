using System.Security.Cryptography;
using System.Text;
using Kobune.ApiServer.Resources.Checks;

namespace Kobune.ApiServer.Resources.Certificates;

/// <summary>The PEM text in a signing request.</summary>
internal static class CertificateRequestText
{
    public static bool IsPem(byte[] request)
    {
        var text = Encoding.UTF8.GetString(request);
        return PemEncoding.TryFind(text, out var fields) && text.AsSpan()[fields.Label] is "CERTIFICATE REQUEST";
    }

    /// <summary>As upstream prints bytes: as numbers.</summary>
    public static object Show(byte[]? request) => Shown.Verbatim(request is null ? "null" : "\"" + Convert.ToBase64String(request) + "\"");
}
