namespace Kobune.Api;

using System.Text.Json;

/// <summary>Words syntax errors as Go's decoder does, since clients show them.</summary>
internal static class JsonSyntax
{
    internal static KubeDecodeException Explain(JsonException e, ReadOnlySpan<byte> json)
    {
        var offset = Offset(e, json);
        if (offset >= json.Length || json.Trim(" \t\r\n"u8).IsEmpty)
        {
            return new KubeDecodeException("unexpected end of JSON input", e);
        }

        var c = (char)json[offset];
        var shown = c is < ' ' or > '~' ? $"\\x{(int)c:x2}" : c == '\'' ? "\\'" : c.ToString();
        return new KubeDecodeException($"invalid character '{shown}' {Expectation(e.Message)}", e);
    }

    private static int Offset(JsonException e, ReadOnlySpan<byte> json)
    {
        var start = 0;
        for (var line = e.LineNumber ?? 0; line > 0; line--)
        {
            var nl = json[start..].IndexOf((byte)'\n');
            start = nl < 0 ? json.Length : start + nl + 1;
        }

        return (int)Math.Min(json.Length, start + (e.BytePositionInLine ?? 0));
    }

    private static string Expectation(string message) => message switch
    {
        _ when message.Contains("single JSON", StringComparison.Ordinal) || message.Contains("after a single", StringComparison.Ordinal) => "after top-level value",
        _ when message.Contains("after a property name", StringComparison.Ordinal) => "after object key",
        _ when message.Contains("start of a property name", StringComparison.Ordinal) => "looking for beginning of object key string",
        _ when message.Contains("after a value", StringComparison.Ordinal) => "after object key:value pair",
        _ when message.Contains("string", StringComparison.Ordinal) => "in string literal",
        _ => "looking for beginning of value",
    };
}
