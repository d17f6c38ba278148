namespace Kobune.Api;

using System.Globalization;
using System.Numerics;

/// <summary>Reads <c>[sign]digits[.digits][suffix]</c>; suffixes n u m k M G T P E, Ki…Ei, or an exponent e3.</summary>
internal static class QuantityParser
{
    internal static readonly string[] BinarySuffixes = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
    internal static readonly string[] DecimalSuffixes = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"];

    private const string WrongFormat = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
    private const string WrongNumber = "unable to parse numeric part of quantity";
    private const string WrongSuffix = "unable to parse quantity's suffix";

    public static bool TryParse(ReadOnlySpan<char> text, out Quantity quantity, out string error)
    {
        quantity = default;
        error = WrongFormat;
        var i = 0;
        var negative = false;
        if (text.Length > 0 && text[0] is '+' or '-')
        {
            negative = text[0] == '-';
            i = 1;
        }

        var start = i;
        while (i < text.Length && (char.IsAsciiDigit(text[i]) || text[i] == '.'))
        {
            i++;
        }

        if (i == start || !IsSuffix(text[i..]))
        {
            return false;
        }

        if (!TrySuffix(text[i..], out var power10, out var power2, out var format))
        {
            error = WrongSuffix;
            return false;
        }

        if (!TryNumber(text[start..i], out var mantissa, out var decimals))
        {
            error = WrongNumber;
            return false;
        }

        quantity = Quantity.FromNanos(Scale(negative ? -mantissa : mantissa, power10 - decimals + 9, power2), format);
        return true;
    }

    private static bool IsSuffix(ReadOnlySpan<char> s)
    {
        var i = 0;
        while (i < s.Length && "eEinumkKMGTP".Contains(s[i]))
        {
            i++;
        }

        if (i < s.Length && s[i] is '+' or '-')
        {
            i++;
        }

        return s[i..].IndexOfAnyExceptInRange('0', '9') < 0;
    }

    private static bool TrySuffix(ReadOnlySpan<char> s, out int power10, out int power2, out QuantityFormat format)
    {
        power10 = power2 = 0;
        format = QuantityFormat.DecimalSI;
        for (var i = 0; i < DecimalSuffixes.Length; i++)
        {
            if (s.SequenceEqual(DecimalSuffixes[i]))
            {
                power10 = (i - 3) * 3;
                return true;
            }
        }

        for (var i = 1; i < BinarySuffixes.Length; i++)
        {
            if (s.SequenceEqual(BinarySuffixes[i]))
            {
                power2 = i * 10;
                format = QuantityFormat.BinarySI;
                return true;
            }
        }

        format = QuantityFormat.DecimalExponent;
        return s.Length > 1 && s[0] is 'e' or 'E'
            && int.TryParse(s[1..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out power10);
    }

    private static bool TryNumber(ReadOnlySpan<char> digits, out BigInteger mantissa, out int decimals)
    {
        mantissa = default;
        decimals = 0;
        var dot = digits.IndexOf('.');
        if (digits.Length > 128 || (dot >= 0 && (digits.Length == 1 || digits[(dot + 1)..].Contains('.'))))
        {
            return false;
        }

        decimals = dot < 0 ? 0 : digits.Length - dot - 1;
        if (digits.Length < 18 && dot < 0)
        {
            mantissa = long.Parse(digits, NumberStyles.None, CultureInfo.InvariantCulture);
            return true;
        }

        Span<char> all = stackalloc char[128];
        var n = 0;
        foreach (var c in digits)
        {
            if (c != '.')
            {
                all[n++] = c;
            }
        }

        return BigInteger.TryParse(all[..n], NumberStyles.None, CultureInfo.InvariantCulture, out mantissa);
    }

    private static Int128 Scale(BigInteger value, int power10, int power2)
    {
        if (value.IsZero)
        {
            return 0;
        }

        // Beyond these powers every value rounds to one nano or saturates; the clamp bounds the work.
        power10 = Math.Clamp(power10, -200, 200);
        value <<= power2;
        if (power10 >= 0)
        {
            value *= BigInteger.Pow(10, power10);
        }
        else
        {
            value = BigInteger.DivRem(value, BigInteger.Pow(10, -power10), out var rest);
            value += rest.Sign;
        }

        return value > (BigInteger)Int128.MaxValue ? Int128.MaxValue
            : value < (BigInteger)Int128.MinValue ? Int128.MinValue : (Int128)value;
    }
}
