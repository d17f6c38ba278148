namespace Kobune.Api;

using System.Globalization;
using System.Text;
using System.Text.Json;

/// <summary>Chooses and writes the style of a scalar: plain, single or double quoted, or a literal block.</summary>
internal static class YamlScalarWriter
{
    private const int Width = 80;

    private enum Style
    {
        Plain,
        Single,
        Double,
        Literal,
    }

    internal static void Write(StringBuilder b, JsonElement value, int indent)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object: b.Append("{}"); break;
            case JsonValueKind.Array: b.Append("[]"); break;
            case JsonValueKind.Null: b.Append("null"); break;
            case JsonValueKind.True: b.Append("true"); break;
            case JsonValueKind.False: b.Append("false"); break;
            case JsonValueKind.Number: b.Append(Number(value.GetRawText())); break;
            default: Text(b, value.GetString()!, indent, foldable: true); break;
        }
    }

    internal static void WriteKey(StringBuilder b, string key, int indent, bool simple) => Text(b, key, indent, foldable: !simple);

    private static string Number(string raw)
    {
        var tag = YamlScalars.Resolve(raw, out var json);
        return tag is YamlTag.Int ? json
            : double.TryParse(raw, NumberStyles.Float, CultureInfo.InvariantCulture, out var d) ? Float(d) : raw;
    }

    private static string Float(double d)
    {
        var size = Math.Abs(d);
        return size is 0 or (>= 1e-4 and < 1e21) ? YamlScalars.Format(d) : d.ToString("R", CultureInfo.InvariantCulture).ToLowerInvariant();
    }

    private static void Text(StringBuilder b, string s, int indent, bool foldable)
    {
        var traits = YamlTraits.Of(s);
        var style = s.Contains('\n') ? Style.Literal
            : YamlScalars.Resolve(s, out _) == YamlTag.Str && !YamlScalars.IsBase60(s) ? Style.Plain : Style.Double;
        if (style == Style.Literal && (!traits.BlockAllowed || !foldable))
        {
            style = Style.Double;
        }

        if (style == Style.Plain && !traits.PlainAllowed)
        {
            style = traits.SingleAllowed ? Style.Single : Style.Double;
        }

        switch (style)
        {
            case Style.Plain: Folded(b, s, indent, foldable, quote: false); break;
            case Style.Single:
                b.Append('\'');
                Folded(b, s, indent, foldable, quote: true);
                b.Append('\'');
                break;
            case Style.Double: DoubleQuoted(b, s, indent, foldable); break;
            case Style.Literal: Literal(b, s, indent); break;
        }
    }

    private static void Folded(StringBuilder b, string s, int indent, bool foldable, bool quote)
    {
        var column = Column(b);
        var spaces = false;
        for (var i = 0; i < s.Length; i++)
        {
            var c = s[i];
            if (c == ' ')
            {
                var inside = !quote || (i > 0 && i < s.Length - 1);
                if (foldable && !spaces && column > Width && inside && i + 1 < s.Length && s[i + 1] != ' ')
                {
                    column = Break(b, indent);
                }
                else
                {
                    b.Append(' ');
                    column++;
                }

                spaces = true;
                continue;
            }

            spaces = false;
            column += char.IsLowSurrogate(c) ? 0 : 1;
            b.Append(c);
            if (quote && c == '\'')
            {
                b.Append('\'');
                column++;
            }
        }
    }

    private static void DoubleQuoted(StringBuilder b, string s, int indent, bool foldable)
    {
        b.Append('"');
        var column = Column(b);
        var spaces = false;
        foreach (var (rune, i) in Runes(s))
        {
            if (rune.Value == ' ')
            {
                if (foldable && !spaces && column > Width && i > 0 && i < s.Length - 1)
                {
                    column = Break(b, indent);
                    if (s[i + 1] == ' ')
                    {
                        b.Append('\\');
                        column++;
                    }
                }
                else
                {
                    b.Append(' ');
                    column++;
                }

                spaces = true;
                continue;
            }

            spaces = false;
            var text = YamlTraits.IsPrintable(rune) && rune.Value is not ('"' or '\\' or 0xFEFF or '\n') ? rune.ToString() : Escape(rune.Value);
            b.Append(text);
            column += text.Length;
        }

        b.Append('"');
    }

    private static void Literal(StringBuilder b, string s, int indent)
    {
        b.Append('|');
        if (s[0] is ' ' or '\n')
        {
            b.Append('2');
        }

        var body = s.TrimEnd('\n');
        var breaks = s.Length - body.Length;
        b.Append(breaks == 0 ? "-" : breaks > 1 || body.Length == 0 ? "+" : "");
        b.Append('\n');
        foreach (var line in body.Split('\n'))
        {
            if (line.Length > 0)
            {
                b.Append(' ', indent == 0 ? 2 : indent).Append(line);
            }

            b.Append('\n');
        }

        b.Append('\n', Math.Max(0, breaks - 1));
    }

    private static int Break(StringBuilder b, int indent)
    {
        b.Append('\n').Append(' ', indent == 0 ? 2 : indent);
        return indent;
    }

    private static int Column(StringBuilder b)
    {
        var i = b.Length;
        while (i > 0 && b[i - 1] != '\n')
        {
            i--;
        }

        return b.Length - i;
    }

    private static IEnumerable<(Rune Rune, int At)> Runes(string s)
    {
        var i = 0;
        foreach (var rune in s.EnumerateRunes())
        {
            yield return (rune, i);
            i += rune.Utf16SequenceLength;
        }
    }

    private static string Escape(int c) => c switch
    {
        0 => "\\0",
        7 => "\\a",
        8 => "\\b",
        9 => "\\t",
        10 => "\\n",
        11 => "\\v",
        12 => "\\f",
        13 => "\\r",
        27 => "\\e",
        '"' => "\\\"",
        '\\' => "\\\\",
        0x85 => "\\N",
        0xA0 => "\\_",
        0x2028 => "\\L",
        0x2029 => "\\P",
        <= 0xFF => $"\\x{c:X2}",
        <= 0xFFFF => $"\\u{c:X4}",
        _ => $"\\U{c:X8}",
    };
}
