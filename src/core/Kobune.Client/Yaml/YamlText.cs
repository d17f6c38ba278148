using System.Globalization;
using System.Text;

namespace Kobune.Client.Yaml;

/// <summary>Chooses and writes the style of one text scalar.</summary>
internal static class YamlText
{
    public static void WriteKey(StringBuilder output, string key)
    {
        var traits = Analyse(key);
        if (YamlScalars.NeedsQuotes(key) || traits.Special || traits.LineBreaks)
        {
            Double(output, key, 0, 0, int.MaxValue);
        }
        else if (traits.PlainAllowed)
        {
            output.Append(key);
        }
        else
        {
            Single(output, key, 0, 0, int.MaxValue);
        }
    }

    /// <param name="indent">Where continuation lines start.</param>
    /// <param name="column">Where the scalar itself starts.</param>
    public static void Write(StringBuilder output, string text, int indent, int column, int width)
    {
        var traits = Analyse(text);
        if (text.Contains('\n', StringComparison.Ordinal) && !traits.Special && !traits.SpaceBeforeBreak && !traits.TrailingSpace)
        {
            Literal(output, text, indent);
        }
        else if (traits.LineBreaks || traits.Special || YamlScalars.NeedsQuotes(text))
        {
            Double(output, text, indent, column, width);
        }
        else if (traits.PlainAllowed)
        {
            Plain(output, text, indent, column, width);
        }
        else
        {
            Single(output, text, indent, column, width);
        }
    }

    private readonly record struct Traits(bool PlainAllowed, bool Special, bool LineBreaks, bool SpaceBeforeBreak, bool TrailingSpace);

    private static Traits Analyse(string text)
    {
        if (text.Length == 0)
        {
            return new Traits(false, false, false, false, false);
        }

        bool indicator = text.StartsWith("---", StringComparison.Ordinal) || text.StartsWith("...", StringComparison.Ordinal);
        bool special = false, breaks = false, spaceBreak = false, breakSpace = false;
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            var spaceAfter = i + 1 >= text.Length || IsBlank(text[i + 1]);
            if (i == 0)
            {
                indicator |= c is '#' or ',' or '[' or ']' or '{' or '}' or '&' or '*' or '!' or '|' or '>' or '\'' or '"' or '%' or '@' or '`'
                    || (c is '-' or '?' or ':' && spaceAfter);
            }
            else
            {
                indicator |= (c == ':' && spaceAfter) || (c == '#' && IsBlank(text[i - 1]));
            }

            special |= !IsPrintable(text, i);
            breaks |= IsBreak(c);
            spaceBreak |= IsBreak(c) && i > 0 && text[i - 1] == ' ';
            breakSpace |= c == ' ' && i > 0 && IsBreak(text[i - 1]);
        }

        var edge = text[0] == ' ' || text[^1] == ' ';
        return new Traits(!indicator && !edge && !breaks && !special, special, breaks, spaceBreak, text[^1] == ' ');
    }

    private static bool IsBreak(char c) => c is '\n' or '\r' or '\u0085' or '\u2028' or '\u2029';

    private static bool IsBlank(char c) => c is ' ' or '\t' || IsBreak(c);

    private static bool IsPrintable(string text, int i)
    {
        var c = text[i];
        return c is '\n' or (>= ' ' and <= '~') or '\u0085' or (>= '\u00A0' and <= '\uD7FF') or (>= '\uE000' and <= '\uFFFD' and not '\uFEFF');
    }

    private static void Plain(StringBuilder output, string text, int indent, int column, int width)
    {
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c == ' ' && column > width && i > 0 && text[i - 1] != ' ' && i + 1 < text.Length && text[i + 1] != ' ')
            {
                output.Append('\n').Append(' ', indent);
                column = indent;
                continue;
            }

            output.Append(c);
            column++;
        }
    }

    private static void Single(StringBuilder output, string text, int indent, int column, int width)
    {
        output.Append('\'');
        column++;
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c == ' ' && column > width && i > 0 && i < text.Length - 1 && text[i - 1] != ' ' && text[i + 1] != ' ')
            {
                output.Append('\n').Append(' ', indent);
                column = indent;
                continue;
            }

            output.Append(c == '\'' ? "''" : c.ToString());
            column += c == '\'' ? 2 : 1;
        }

        output.Append('\'');
    }

    private static void Double(StringBuilder output, string text, int indent, int column, int width)
    {
        output.Append('"');
        column++;
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c == ' ' && column > width && i > 0 && i < text.Length - 1 && text[i - 1] != ' ')
            {
                output.Append('\n').Append(' ', indent);
                column = indent;
                if (text[i + 1] == ' ')
                {
                    output.Append('\\');
                    column++;
                }

                continue;
            }

            var length = output.Length;
            Escape(output, text, ref i);
            column += output.Length - length;
        }

        output.Append('"');
    }

    private static void Escape(StringBuilder output, string text, ref int i)
    {
        var c = text[i];
        if (char.IsHighSurrogate(c) && i + 1 < text.Length)
        {
            output.Append("\\U").Append(char.ConvertToUtf32(c, text[++i]).ToString("X8", CultureInfo.InvariantCulture));
            return;
        }

        _ = c switch
        {
            '"' => output.Append("\\\""),
            '\\' => output.Append("\\\\"),
            '\n' => output.Append("\\n"),
            '\r' => output.Append("\\r"),
            '\t' => output.Append("\\t"),
            '\0' => output.Append("\\0"),
            '\a' => output.Append("\\a"),
            '\b' => output.Append("\\b"),
            '\v' => output.Append("\\v"),
            '\f' => output.Append("\\f"),
            '\u001b' => output.Append("\\e"),
            '\u0085' => output.Append("\\N"),
            '\u2028' => output.Append("\\L"),
            '\u2029' => output.Append("\\P"),
            '\uFEFF' => output.Append("\\uFEFF"),
            < ' ' or '\u007f' => output.Append("\\x").Append(((int)c).ToString("X2", CultureInfo.InvariantCulture)),
            _ => output.Append(c),
        };
    }

    private static void Literal(StringBuilder output, string text, int indent)
    {
        output.Append('|');
        if (text[0] is ' ' or '\n')
        {
            output.Append('2');
        }

        var trailing = text.Length - text.TrimEnd('\n').Length;
        output.Append(trailing == 0 ? "-" : trailing > 1 || text.Length == 1 ? "+" : "");
        foreach (var line in text[..(trailing > 0 ? ^1 : ^0)].Split('\n'))
        {
            output.Append('\n');
            if (line.Length > 0)
            {
                output.Append(' ', indent).Append(line);
            }
        }
    }
}
