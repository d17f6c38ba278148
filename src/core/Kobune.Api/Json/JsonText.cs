namespace Kobune.Api;

using System.Globalization;
using System.Text;

/// <summary>The corners of JSON strings that System.Text.Json refuses and the reference accepts.</summary>
internal static class JsonText
{
    /// <summary>Unescapes a string body; what is not valid Unicode becomes U+FFFD.</summary>
    internal static string Lenient(ReadOnlySpan<byte> body)
    {
        var text = Encoding.UTF8.GetString(body);
        var result = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '\\')
            {
                result.Append(text[i]);
                continue;
            }

            i++;
            result.Append(text[i] switch
            {
                'n' => '\n',
                't' => '\t',
                'r' => '\r',
                'b' => '\b',
                'f' => '\f',
                'u' => (char)int.Parse(text.AsSpan(i + 1, 4), NumberStyles.HexNumber, CultureInfo.InvariantCulture),
                var c => c,
            });
            i += text[i] == 'u' ? 4 : 0;
        }

        return Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(result.ToString()));
    }

    internal static int FirstBadBase64(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (!char.IsAsciiLetterOrDigit(text[i]) && text[i] is not ('+' or '/' or '\r' or '\n') && (text[i] != '=' || i < text.Length - 2))
            {
                return i;
            }
        }

        return text.Length;
    }
}
