using System.IO.Compression;
using System.Text;
using System.Text.RegularExpressions;

namespace Kobune.ApiServer.Streaming;

/// <summary>
/// Makes what a proxied server says about its own paths true for the client: links in its pages and the Location of its
/// redirects get the proxy's path in front. Other hosts' addresses stay as they are.
/// </summary>
internal static partial class ProxyLinks
{
    /// <summary>Larger pages go through unchanged, since a page has to be held whole to be rewritten.</summary>
    public const int MaxPage = 8 << 20;

    /// <summary>The path that stands for the target's root: everything up to and with "/proxy".</summary>
    public static string PrefixOf(string path, string tail) => path[..^tail.Length].TrimEnd('/');

    /// <summary>A redirect's address as the client has to ask for it.</summary>
    public static string Location(string location, string prefix, ConnectTarget target)
    {
        if (location.StartsWith('/') && !location.StartsWith("//", StringComparison.Ordinal))
        {
            return Below(location, prefix);
        }

        return Uri.TryCreate(location, UriKind.Absolute, out var address) && address.Authority == target.Uri.Authority
            ? Below(address.PathAndQuery + address.Fragment, prefix)
            : location;
    }

    public static bool IsPage(HttpResponseMessage answer) =>
        answer.Content.Headers.ContentType?.MediaType == "text/html"
        && answer.Content.Headers.ContentLength is null or <= MaxPage
        && answer.Content.Headers.ContentEncoding is { Count: 0 } or { Count: 1 } && answer.Content.Headers.ContentEncoding.All(e => e is "gzip" or "identity");

    /// <summary>The page with its links rewritten, not compressed; null when it is larger than may be held.</summary>
    public static async Task<byte[]> RewriteAsync(Stream body, bool compressed, string prefix, ConnectTarget target, CancellationToken cancellationToken)
    {
        var page = new MemoryStream();
        var plain = compressed ? new GZipStream(body, CompressionMode.Decompress) : body;
        await using (plain.ConfigureAwait(false))
        {
            var buffer = new byte[16 * 1024];
            int read;
            while ((read = await plain.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
            {
                if (page.Length + read > MaxPage)
                {
                    throw Kobune.Api.StatusErrors.ServiceUnavailable("error trying to reach service: the page is too large to be rewritten");
                }

                page.Write(buffer, 0, read);
            }
        }

        // Bytes as characters, so that no encoding of the page is damaged: markup and paths are ASCII.
        var text = Encoding.Latin1.GetString(page.GetBuffer(), 0, (int)page.Length);
        return Encoding.Latin1.GetBytes(Link().Replace(text, m => m.Groups["before"].Value + Location(m.Groups["address"].Value, prefix, target)));
    }

    private static string Below(string path, string prefix) => path.StartsWith(prefix + "/", StringComparison.Ordinal) ? path : prefix + path;

    [GeneratedRegex("""(?<before><[a-z][^<>]*?\s(?:href|src|action|formaction|background|cite|codebase|data|icon|longdesc|manifest|poster|profile|usemap|classid)\s*=\s*["'])(?<address>[^"'<>]+)""", RegexOptions.IgnoreCase | RegexOptions.NonBacktracking)]
    private static partial Regex Link();
}
