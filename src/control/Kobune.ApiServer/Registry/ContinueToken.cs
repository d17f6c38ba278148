using System.Text;
using System.Text.Json;
using Kobune.Api;

namespace Kobune.ApiServer.Registry;

/// <summary>
/// Where the next page of a list begins: the revision of the first page and the key behind the last item, relative to the
/// list's prefix. Revision -1 continues at whatever is current. Opaque to clients; same shape as upstream's.
/// </summary>
internal readonly record struct ContinueToken(long Revision, string Start)
{
    public string Encode() =>
        Convert.ToBase64String(Encoding.UTF8.GetBytes($"{{\"v\":\"meta.k8s.io/v1\",\"rv\":{Revision},\"start\":\"{JsonEncodedText.Encode(Start)}\"}}")).TrimEnd('=').Replace('+', '-').Replace('/', '_');

    /// <exception cref="KubeStatusException">400</exception>
    public static ContinueToken Decode(string token)
    {
        try
        {
            var text = token.Replace('-', '+').Replace('_', '/').TrimEnd('=');
            text += new string('=', (4 - (text.Length % 4)) % 4);
            using var document = JsonDocument.Parse(Convert.FromBase64String(text));
            var root = document.RootElement;
            var start = root.GetProperty("start").GetString()!;
            if (root.GetProperty("v").GetString() == "meta.k8s.io/v1" && start.Length > 0 && !start.Contains("..", StringComparison.Ordinal))
            {
                return new ContinueToken(root.GetProperty("rv").GetInt64(), start);
            }
        }
        catch (Exception e) when (e is FormatException or JsonException or KeyNotFoundException or InvalidOperationException)
        {
            // Falls through to the one answer for all malformed tokens.
        }

        throw StatusErrors.BadRequest("continue key is not valid: illegal base64 data or format");
    }
}
