using System.Text.Json.Nodes;

namespace Kobune.Client.Yaml;

/// <summary>
/// The plain subset of YAML that kubeconfig files are written in: block mappings and lists of strings and booleans. It reads
/// a file in a millisecond where the full parser takes thirty to be loaded and compiled; whatever is not plain is left to that one.
/// </summary>
internal static class PlainYaml
{
    /// <summary>The document, or null when the text uses anything beyond the subset: it says nothing about its validity then.</summary>
    public static JsonObject? TryParse(string text)
    {
        var lines = new List<Line>();
        foreach (var range in text.AsSpan().EnumerateLines())
        {
            var content = range.TrimEnd(' ');
            var trimmed = content.TrimStart(' ');
            if (trimmed.Length == 0)
            {
                continue;
            }

            if (trimmed[0] is '#' or '%' or '\t' || trimmed is "---" or "...")
            {
                return null;
            }

            lines.Add(new Line(content.Length - trimmed.Length, trimmed.ToString()));
        }

        var reader = new Reader(lines);
        return lines.Count > 0 && lines[0].Indent == 0 && reader.Mapping(0) is { } root && reader.AtEnd ? root : null;
    }

    private readonly record struct Line(int Indent, string Text)
    {
        public bool IsItem => Text == "-" || Text.StartsWith("- ", StringComparison.Ordinal);
    }

    private sealed class Reader(List<Line> lines)
    {
        private int _at;

        public bool AtEnd => _at == lines.Count;

        /// <summary>The entries at exactly this indent; null when something is not plain.</summary>
        public JsonObject? Mapping(int indent)
        {
            var result = new JsonObject();
            while (!AtEnd && lines[_at].Indent == indent && !lines[_at].IsItem)
            {
                var text = lines[_at++].Text;
                var colon = text.IndexOf(':', StringComparison.Ordinal);
                if (colon <= 0 || !IsPlainKey(text.AsSpan(0, colon)) || (colon + 1 < text.Length && text[colon + 1] != ' ') ||
                    result.ContainsKey(text[..colon]) || !Value(text[(colon + 1)..].Trim(), indent, out var value))
                {
                    return null;
                }

                result[text[..colon]] = value;
            }

            return !AtEnd && lines[_at].Indent > indent ? null : result;
        }

        private bool Value(string scalar, int indent, out JsonNode? value)
        {
            if (scalar.Length > 0)
            {
                return Scalar(scalar, out value);
            }

            value = null;
            if (AtEnd)
            {
                return true;
            }

            var next = lines[_at];
            if (next.IsItem && next.Indent >= indent)
            {
                value = List(next.Indent);
                return value is not null;
            }

            if (next.Indent > indent)
            {
                value = Mapping(next.Indent);
                return value is not null;
            }

            return true;
        }

        private JsonArray? List(int indent)
        {
            var result = new JsonArray();
            while (!AtEnd && lines[_at].Indent == indent && lines[_at].IsItem)
            {
                var content = lines[_at].Text.Length > 2 ? lines[_at].Text[2..] : "";
                var inner = content.TrimStart(' ');
                if (inner.Length == 0 || inner.StartsWith("- ", StringComparison.Ordinal))
                {
                    return null;
                }

                if (inner.Contains(": ", StringComparison.Ordinal) || inner.EndsWith(':'))
                {
                    // An entry begins on the dash's line: read it as if the dash were spaces.
                    var at = indent + 2 + content.Length - inner.Length;
                    lines[_at] = new Line(at, inner);
                    if (Mapping(at) is not { } item)
                    {
                        return null;
                    }

                    result.Add(item);
                    continue;
                }

                _at++;
                if (!Scalar(inner, out var value))
                {
                    return null;
                }

                result.Add(value);
            }

            return result;
        }

        private static bool Scalar(string text, out JsonNode? value)
        {
            value = null;
            switch (text)
            {
                case "{}":
                    value = new JsonObject();
                    return true;
                case "[]":
                    value = new JsonArray();
                    return true;
                case "\"\"":
                    value = JsonValue.Create("");
                    return true;
                case "true" or "false":
                    value = JsonValue.Create(text == "true");
                    return true;
            }

            // A letter or a slash at the beginning cannot start a number, a quote or any other syntax; words that YAML 1.1
            // takes for booleans or null have at most five letters.
            if (text.Length <= 5 || !(char.IsAsciiLetter(text[0]) || text[0] == '/') ||
                text.Contains(": ", StringComparison.Ordinal) || text.Contains(" #", StringComparison.Ordinal) || text.EndsWith(':'))
            {
                return text.Length is > 0 and <= 5 && IsShortWord(text, out value);
            }

            value = JsonValue.Create(text);
            return true;
        }

        private static bool IsShortWord(string text, out JsonNode? value)
        {
            value = null;
            var lower = text.ToLowerInvariant();
            if (!char.IsAsciiLetter(text[0]) || !text.All(c => char.IsAsciiLetterOrDigit(c) || c == '-') || lower is "null" or "yes" or "no" or "on" or "off" or "y" or "n" or "true" or "false")
            {
                return false;
            }

            value = JsonValue.Create(text);
            return true;
        }

        private static bool IsPlainKey(ReadOnlySpan<char> key)
        {
            foreach (var c in key)
            {
                if (!char.IsAsciiLetter(c) && c != '-')
                {
                    return false;
                }
            }

            return key[0] != '-';
        }
    }
}
