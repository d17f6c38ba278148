namespace Kobune.Api;

using System.Text;
using System.Text.Json;

/// <summary>Cuts a stream into documents before anything is parsed, as the reference does.</summary>
internal static class YamlDocuments
{
    /// <summary>A separator is a line of <c>---</c> with nothing but space or a comment behind it.</summary>
    internal static IEnumerable<string> Split(string text)
    {
        var start = 0;
        var at = 0;
        while (at < text.Length)
        {
            var end = text.IndexOf('\n', at);
            end = end < 0 ? text.Length : end + 1;
            if (IsSeparator(text.AsSpan(at, end - at)))
            {
                if (at > start && !string.IsNullOrWhiteSpace(text[start..at]))
                {
                    yield return text[start..at];
                }

                start = end;
            }

            at = end;
        }

        if (start < text.Length && !string.IsNullOrWhiteSpace(text[start..]))
        {
            yield return text[start..];
        }
    }

    /// <summary>The JSON values that follow one another in the text, or null when it is not JSON.</summary>
    internal static List<byte[]>? TryJson(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var values = new List<byte[]>();
        try
        {
            var reader = new Utf8JsonReader(bytes, new JsonReaderOptions { MaxDepth = JsonIn.MaxDepth, AllowMultipleValues = true });
            while (reader.Read())
            {
                var start = (int)reader.TokenStartIndex;
                reader.Skip();
                values.Add(bytes[start..(int)reader.BytesConsumed]);
            }

            return values;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static bool IsSeparator(ReadOnlySpan<char> line)
    {
        if (!line.StartsWith("---"))
        {
            return false;
        }

        var rest = line[3..].Trim();
        return rest.IsEmpty || rest[0] == '#';
    }
}
