namespace Kobune.Api;

using System.Globalization;
using System.Text.RegularExpressions;

internal enum YamlTag : byte
{
    Null,
    Bool,
    Int,
    Float,
    Timestamp,
    Merge,
    Str,
}

/// <summary>What a plain scalar means in YAML 1.1 as the reference's library resolves it.</summary>
internal static partial class YamlScalars
{
    internal static YamlTag Resolve(string text, out string json)
    {
        json = text;
        switch (text)
        {
            case "" or "~" or "null" or "Null" or "NULL":
                json = "null";
                return YamlTag.Null;
            case "y" or "Y" or "yes" or "Yes" or "YES" or "true" or "True" or "TRUE" or "on" or "On" or "ON":
                json = "true";
                return YamlTag.Bool;
            case "n" or "N" or "no" or "No" or "NO" or "false" or "False" or "FALSE" or "off" or "Off" or "OFF":
                json = "false";
                return YamlTag.Bool;
            case "<<":
                return YamlTag.Merge;
            case ".nan" or ".NaN" or ".NAN" or ".inf" or ".Inf" or ".INF" or "+.inf" or "+.Inf" or "+.INF" or "-.inf" or "-.Inf" or "-.INF":
                return YamlTag.Float;
        }

        var c = text[0];
        if (!char.IsAsciiDigit(c) && c is not ('+' or '-' or '.'))
        {
            return YamlTag.Str;
        }

        return IsTimestamp(text) ? YamlTag.Timestamp : Number(text.Replace("_", "", StringComparison.Ordinal), ref json);
    }

    /// <summary>YAML 1.1's base 60 numbers: other readers take them for numbers, so they are written quoted.</summary>
    internal static bool IsBase60(string text) => text.Contains(':') && Base60().IsMatch(text);

    private static YamlTag Number(string plain, ref string json)
    {
        if (TryInteger(plain, out var integer))
        {
            json = integer;
            return YamlTag.Int;
        }

        if (FloatPattern().IsMatch(plain) && double.TryParse(plain, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number))
        {
            json = Format(number);
            return YamlTag.Float;
        }

        return YamlTag.Str;
    }

    private static bool TryInteger(string plain, out string json)
    {
        json = "";
        var s = plain.AsSpan();
        var negative = s.StartsWith("-");
        s = s.Length > 0 && s[0] is '+' or '-' ? s[1..] : s;
        var radix = 10;
        if (s.Length > 1 && s[0] == '0')
        {
            radix = char.ToLowerInvariant(s[1]) switch { 'x' => 16, 'b' => 2, _ => 8 };
            s = radix == 8 && s[1] is not ('o' or 'O') ? s[1..] : s[2..];
        }

        if (s.IsEmpty)
        {
            return false;
        }

        UInt128 value = 0;
        foreach (var c in s)
        {
            var digit = char.IsAsciiHexDigit(c) ? Convert.ToInt32(c.ToString(), 16) : 99;
            if (digit >= radix || value > ulong.MaxValue)
            {
                return false;
            }

            value = (value * (uint)radix) + (uint)digit;
        }

        if (value > (negative ? (UInt128)1 << 63 : ulong.MaxValue))
        {
            return false;
        }

        json = (negative && value > 0 ? "-" : "") + value.ToString(CultureInfo.InvariantCulture);
        return true;
    }

    /// <summary>As Go's encoder prints floats: plain from 1e-6 to 1e21, with exponent beyond.</summary>
    internal static string Format(double number)
    {
        var size = Math.Abs(number);
        if (size == 0 || (size >= 1e-6 && size < 1e21))
        {
            return ((decimal)size < 7e27m ? number.ToString("0.#################################", CultureInfo.InvariantCulture) : number.ToString("F0", CultureInfo.InvariantCulture)) is var plain
                && double.Parse(plain, CultureInfo.InvariantCulture) == number ? plain : number.ToString("R", CultureInfo.InvariantCulture);
        }

        var text = number.ToString("R", CultureInfo.InvariantCulture).ToLowerInvariant();
        return Regex.Replace(text, "e([-+])0(\\d)$", "e$1$2");
    }

    private static bool IsTimestamp(string text) => text.Length >= 8 && char.IsAsciiDigit(text[0]) && text.IndexOf('-') == 4 && Timestamp().IsMatch(text);

    [GeneratedRegex(@"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$", RegexOptions.CultureInvariant)]
    private static partial Regex FloatPattern();

    [GeneratedRegex(@"^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(([Tt]|\s+)[0-9]{1,2}:[0-9]{2}:[0-9]{2}(\.[0-9]*)?\s*(Z|[-+][0-9]{1,2}(:?[0-9]{2})?)?)?$", RegexOptions.CultureInvariant)]
    private static partial Regex Timestamp();

    [GeneratedRegex(@"^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$", RegexOptions.CultureInvariant)]
    private static partial Regex Base60();
}
