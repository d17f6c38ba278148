using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Kobune.Client.Yaml;

/// <summary>What a plain scalar means: null, boolean, number or text (YAML 1.1 core as Kubernetes reads it).</summary>
internal static partial class YamlScalars
{
    /// <summary>The value of an unquoted scalar.</summary>
    public static JsonNode? Resolve(string text)
    {
        switch (text)
        {
            case "" or "~" or "null" or "Null" or "NULL":
                return null;
            case "true" or "True" or "TRUE" or "yes" or "Yes" or "YES" or "on" or "On" or "ON" or "y" or "Y":
                return JsonValue.Create(true);
            case "false" or "False" or "FALSE" or "no" or "No" or "NO" or "off" or "Off" or "OFF" or "n" or "N":
                return JsonValue.Create(false);
        }

        if (!char.IsAsciiDigit(text[0]) && text[0] is not ('+' or '-' or '.'))
        {
            return JsonValue.Create(text);
        }

        return Number(text.Replace("_", "", StringComparison.Ordinal)) ?? JsonValue.Create(text);
    }

    /// <summary>Whether a text would be read as something else than text when it stands unquoted.</summary>
    public static bool NeedsQuotes(string text)
    {
        if (text.Length == 0 || Base60().IsMatch(text) || LooksLikeTimestamp(text))
        {
            return true;
        }

        return text is ".inf" or ".Inf" or ".INF" or "+.inf" or "+.Inf" or "+.INF" or "-.inf" or "-.Inf" or "-.INF" or ".nan" or ".NaN" or ".NAN"
            || Resolve(text) is not JsonValue value || !value.TryGetValue<string>(out _);
    }

    private static JsonNode? Number(string text)
    {
        var negative = text.StartsWith('-');
        var digits = text.TrimStart('+', '-');
        if (digits.Length == 0 || text.Length - digits.Length > 1)
        {
            return null;
        }

        if (Integer(digits) is { } magnitude)
        {
            return negative ? JsonValue.Create(-(long)magnitude) : magnitude <= long.MaxValue ? JsonValue.Create((long)magnitude) : JsonValue.Create(magnitude);
        }

        return Float().IsMatch(text) && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value)
            ? value == Math.Floor(value) && Math.Abs(value) < 1e15 ? JsonValue.Create((long)value) : JsonValue.Create(value)
            : null;
    }

    private static ulong? Integer(string digits)
    {
        var (radix, rest) = digits switch
        {
            ['0', 'x' or 'X', .. var hex] => (16, hex),
            ['0', 'b' or 'B', .. var binary] => (2, binary),
            ['0', 'o' or 'O', .. var octal] => (8, octal),
            ['0', _, ..] => (8, digits[1..]),
            _ => (10, digits),
        };
        if (rest.Length == 0)
        {
            return null;
        }

        ulong value = 0;
        foreach (var c in rest)
        {
            var digit = char.IsAsciiHexDigit(c) ? Convert.ToInt32(c.ToString(), 16) : 99;
            if (digit >= radix || value > (ulong.MaxValue - (ulong)digit) / (ulong)radix)
            {
                return null;
            }

            value = value * (ulong)radix + (ulong)digit;
        }

        return value;
    }

    private static bool LooksLikeTimestamp(string text) =>
        text.Length >= 8 && char.IsAsciiDigit(text[0]) && text.IndexOf('-', StringComparison.Ordinal) == 4 && Timestamp().IsMatch(text);

    [GeneratedRegex(@"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$")]
    private static partial Regex Float();

    [GeneratedRegex(@"^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$")]
    private static partial Regex Base60();

    [GeneratedRegex(@"^\d{4}-\d{1,2}-\d{1,2}(([Tt]|[ \t]+)\d{1,2}:\d{1,2}:\d{1,2}(\.\d*)?[ \t]*(Z|[-+]\d{1,2}(:?\d{2})?)?)?$")]
    private static partial Regex Timestamp();
}
