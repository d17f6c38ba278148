using System.Globalization;
using System.Text;

namespace Kobune.ApiServer.Cel;

internal enum CelToken { End, Identifier, Operator, Int, UInt, Double, Text, Bytes }

internal readonly record struct CelLexeme(CelToken Kind, string Text, object? Value, int Offset);

/// <summary>Expressions to tokens (cel-spec, Syntax).</summary>
internal sealed class CelLexer(string source)
{
    private static readonly string[] Operators = ["==", "!=", "<=", ">=", "&&", "||", "<", ">", "+", "-", "*", "/", "%", "!", "?", ":", ".", ",", "(", ")", "[", "]", "{", "}"];
    private int at;

    public List<CelLexeme> Read()
    {
        var result = new List<CelLexeme>();
        while (true)
        {
            SkipSpace();
            if (at >= source.Length)
            {
                result.Add(new CelLexeme(CelToken.End, "<EOF>", null, source.Length));
                return result;
            }

            result.Add(Next());
        }
    }

    private void SkipSpace()
    {
        while (at < source.Length)
        {
            if (char.IsWhiteSpace(source[at]))
            {
                at++;
            }
            else if (source.AsSpan(at).StartsWith("//"))
            {
                var end = source.IndexOf('\n', at);
                at = end < 0 ? source.Length : end;
            }
            else
            {
                return;
            }
        }
    }

    private CelLexeme Next()
    {
        var start = at;
        var c = source[at];
        if (Quoted(out var literal))
        {
            return literal;
        }

        if (char.IsAsciiLetter(c) || c == '_')
        {
            while (at < source.Length && (char.IsAsciiLetterOrDigit(source[at]) || source[at] == '_'))
            {
                at++;
            }

            return new CelLexeme(CelToken.Identifier, source[start..at], null, start);
        }

        if (char.IsAsciiDigit(c) || (c == '.' && at + 1 < source.Length && char.IsAsciiDigit(source[at + 1])))
        {
            return Number();
        }

        foreach (var op in Operators)
        {
            if (source.AsSpan(at).StartsWith(op))
            {
                at += op.Length;
                return new CelLexeme(CelToken.Operator, op, null, start);
            }
        }

        throw new CelSyntaxException($"Syntax error: token recognition error at: '{c}'", start);
    }

    private CelLexeme Number()
    {
        var start = at;
        if (source.AsSpan(at).StartsWith("0x", StringComparison.OrdinalIgnoreCase))
        {
            at += 2;
            while (at < source.Length && char.IsAsciiHexDigit(source[at]))
            {
                at++;
            }

            return Whole(start, source[(start + 2)..at], NumberStyles.HexNumber);
        }

        var isDouble = false;
        while (at < source.Length && (char.IsAsciiDigit(source[at]) || (source[at] == '.' && at + 1 < source.Length && char.IsAsciiDigit(source[at + 1]) && !isDouble)))
        {
            isDouble |= source[at] == '.';
            at++;
        }

        if (at < source.Length && source[at] is 'e' or 'E')
        {
            isDouble = true;
            at++;
            at += at < source.Length && source[at] is '+' or '-' ? 1 : 0;
            while (at < source.Length && char.IsAsciiDigit(source[at]))
            {
                at++;
            }
        }

        return isDouble
            ? new CelLexeme(CelToken.Double, source[start..at], double.Parse(source.AsSpan(start, at - start), CultureInfo.InvariantCulture), start)
            : Whole(start, source[start..at], NumberStyles.None);
    }

    private CelLexeme Whole(int start, string digits, NumberStyles style)
    {
        if (at < source.Length && source[at] is 'u' or 'U')
        {
            at++;
            return ulong.TryParse(digits, style, CultureInfo.InvariantCulture, out var unsigned)
                ? new CelLexeme(CelToken.UInt, digits, unsigned, start)
                : throw new CelSyntaxException("invalid uint literal", start);
        }

        // The smallest integer is the negation of a number that is no integer itself; the parser puts the two together.
        return ulong.TryParse(digits, style, CultureInfo.InvariantCulture, out var value) && value <= 1UL << 63
            ? new CelLexeme(CelToken.Int, digits, value, start)
            : throw new CelSyntaxException("invalid int literal", start);
    }

    private bool Quoted(out CelLexeme literal)
    {
        var i = at;
        bool raw = false, bytes = false;
        while (i < source.Length && source[i] is 'r' or 'R' or 'b' or 'B' && i - at < 2)
        {
            raw |= source[i] is 'r' or 'R';
            bytes |= source[i] is 'b' or 'B';
            i++;
        }

        if (i >= source.Length || source[i] is not ('"' or '\''))
        {
            literal = default;
            return false;
        }

        var start = at;
        var quote = source.AsSpan(i).StartsWith("\"\"\"") || source.AsSpan(i).StartsWith("'''") ? source.Substring(i, 3) : source.Substring(i, 1);
        i += quote.Length;
        var text = new StringBuilder();
        var data = new List<byte>();
        while (true)
        {
            if (i >= source.Length || (quote.Length == 1 && source[i] == '\n'))
            {
                throw new CelSyntaxException($"Syntax error: token recognition error at: '{source[start..i]}'", start);
            }

            if (source.AsSpan(i).StartsWith(quote))
            {
                break;
            }

            if (source[i] == '\\' && !raw)
            {
                Escape(ref i, text, data, bytes);
                continue;
            }

            text.Append(source[i]);
            if (bytes)
            {
                data.AddRange(Encoding.UTF8.GetBytes(source[i].ToString()));
            }

            i++;
        }

        at = i + quote.Length;
        literal = bytes ? new CelLexeme(CelToken.Bytes, source[start..at], data.ToArray(), start) : new CelLexeme(CelToken.Text, source[start..at], text.ToString(), start);
        return true;
    }

    private void Escape(ref int i, StringBuilder text, List<byte> data, bool bytes)
    {
        var start = i;
        i++;
        var c = i < source.Length ? source[i] : throw new CelSyntaxException("Syntax error: unterminated escape", start);
        i++;
        string made;
        switch (c)
        {
            case 'n': made = "\n"; break;
            case 't': made = "\t"; break;
            case 'r': made = "\r"; break;
            case 'a': made = "\a"; break;
            case 'b': made = "\b"; break;
            case 'f': made = "\f"; break;
            case 'v': made = "\v"; break;
            case '\\' or '\'' or '"' or '`' or '?': made = c.ToString(); break;
            case 'x' or 'X' or 'u' or 'U' or (>= '0' and <= '3'):
                var length = c switch { 'x' or 'X' => 2, 'u' => 4, 'U' => 8, _ => 3 };
                var from = c is >= '0' and <= '3' ? i - 1 : i;
                if (from + length > source.Length)
                {
                    throw new CelSyntaxException("Syntax error: unterminated escape", start);
                }

                var digits = source.Substring(from, length);
                i = from + length;
                int code;
                try
                {
                    code = Convert.ToInt32(digits, c is >= '0' and <= '3' ? 8 : 16);
                }
                catch (Exception e) when (e is FormatException or OverflowException or ArgumentException)
                {
                    throw new CelSyntaxException("Syntax error: invalid escape", start);
                }

                if (bytes && c is not ('u' or 'U'))
                {
                    data.Add((byte)code);
                    return;
                }

                made = code is > 0x10ffff or (>= 0xd800 and <= 0xdfff) ? throw new CelSyntaxException("Syntax error: invalid escape", start) : char.ConvertFromUtf32(code);
                break;
            default:
                throw new CelSyntaxException("Syntax error: token recognition error at: '\\" + c + "'", start);
        }

        text.Append(made);
        if (bytes)
        {
            data.AddRange(Encoding.UTF8.GetBytes(made));
        }
    }
}
