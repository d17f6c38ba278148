using System.Text;

namespace Kobune.Client.Http;

/// <summary>Reads the Warning header (RFC 7234 §5.5): comma-separated `299 agent "text"` with backslash escapes in the text.</summary>
internal static class WarningHeader
{
    public static IEnumerable<string> Parse(string header)
    {
        for (var at = header.IndexOf('"'); at >= 0 && at < header.Length; at = at < header.Length ? header.IndexOf('"', at) : -1)
        {
            var text = new StringBuilder();
            for (at++; at < header.Length && header[at] != '"'; at++)
            {
                if (header[at] == '\\' && at + 1 < header.Length)
                {
                    at++;
                }

                text.Append(header[at]);
            }

            at++;
            yield return text.ToString();
            if (at >= header.Length)
            {
                yield break;
            }
        }
    }
}
