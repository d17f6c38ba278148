namespace Kobune.Api;

using System.Globalization;

/// <summary>How a <see cref="Quantity"/> prints its scale.</summary>
public enum QuantityFormat : byte
{
    /// <summary>Powers of 1000 with a letter: 500m, 12k, 3M.</summary>
    DecimalSI,
    /// <summary>Powers of 1024: 1536Mi.</summary>
    BinarySI,
    /// <summary>Powers of 1000 with an exponent: 12e6.</summary>
    DecimalExponent,
}

/// <summary>
/// A fixed-point amount of a resource, exact to 10⁻⁹ (finer input is rounded away from zero). Equality and order
/// compare the amount, never the spelling: 1000m equals 1. The default value is zero.
/// </summary>
public readonly struct Quantity : IEquatable<Quantity>, IComparable<Quantity>
{
    private static readonly Int128 Nano = 1_000_000_000;
    private static readonly Int128 Limit = (Int128)long.MaxValue * 1_000_000_000 * 1_000_000_000;
    private readonly Int128 _nanos;
    private readonly QuantityFormat _format;

    private Quantity(Int128 nanos, QuantityFormat format)
    {
        _nanos = nanos;
        _format = format;
    }

    public Quantity(long value, QuantityFormat format = QuantityFormat.DecimalSI)
        : this(value * Nano, format)
    {
    }

    public static Quantity Zero => default;

    public static Quantity FromMilli(long milli, QuantityFormat format = QuantityFormat.DecimalSI) => new(milli * (Nano / 1000), format);

    public QuantityFormat Format => _format;
    public bool IsZero => _nanos == 0;
    public int Sign => Int128.Sign(_nanos);

    /// <summary>The whole units, rounded up (towards +∞), as the scheduler and quotas count them.</summary>
    public long Value => Saturate(Ceiling(_nanos, Nano));

    /// <summary>The thousandths, rounded up (towards +∞); CPU is counted in these.</summary>
    public long MilliValue => Saturate(Ceiling(_nanos, Nano / 1000));

    public decimal ToDecimal() => (decimal)_nanos / 1_000_000_000m;
    public double ToDouble() => (double)_nanos / 1e9;

    public static Quantity operator +(Quantity a, Quantity b) => new(a._nanos + b._nanos, a.IsZero ? b._format : a._format);
    public static Quantity operator -(Quantity a, Quantity b) => new(a._nanos - b._nanos, a.IsZero ? b._format : a._format);
    public static Quantity operator -(Quantity a) => new(-a._nanos, a._format);
    public static Quantity operator *(Quantity a, long b) => new(a._nanos * b, a._format);
    public static bool operator <(Quantity a, Quantity b) => a._nanos < b._nanos;
    public static bool operator >(Quantity a, Quantity b) => a._nanos > b._nanos;
    public static bool operator <=(Quantity a, Quantity b) => a._nanos <= b._nanos;
    public static bool operator >=(Quantity a, Quantity b) => a._nanos >= b._nanos;
    public static bool operator ==(Quantity a, Quantity b) => a._nanos == b._nanos;
    public static bool operator !=(Quantity a, Quantity b) => a._nanos != b._nanos;
    public static Quantity Max(Quantity a, Quantity b) => a >= b ? a : b;
    public static Quantity Min(Quantity a, Quantity b) => a <= b ? a : b;

    public int CompareTo(Quantity other) => _nanos.CompareTo(other._nanos);
    public bool Equals(Quantity other) => _nanos == other._nanos;
    public override bool Equals(object? obj) => obj is Quantity q && Equals(q);
    public override int GetHashCode() => _nanos.GetHashCode();

    public static implicit operator Quantity(string text) => Parse(text);

    /// <exception cref="FormatException">with the wording of the reference implementation</exception>
    public static Quantity Parse(string text) => QuantityParser.TryParse(text, out var q, out var error) ? q : throw new FormatException(error);

    public static bool TryParse(string? text, out Quantity quantity)
    {
        quantity = default;
        return text != null && QuantityParser.TryParse(text, out quantity, out _);
    }

    internal static Quantity FromNanos(Int128 nanos, QuantityFormat format) =>
        new(nanos > Limit ? Limit : nanos < -Limit ? -Limit : nanos, format);

    /// <summary>The canonical form: no fraction, the largest suffix that keeps it exact, no precision lost.</summary>
    public override string ToString()
    {
        if (_nanos == 0)
        {
            return "0";
        }

        var small = Int128.Abs(_nanos) < 1024 * Nano;
        return _format == QuantityFormat.BinarySI && !small ? Binary() : Decimal();
    }

    private string Binary()
    {
        var value = Ceiling(_nanos, Nano);
        var power = 0;
        while (power < 6 && value % 1024 == 0)
        {
            value /= 1024;
            power++;
        }

        return value.ToString(CultureInfo.InvariantCulture) + QuantityParser.BinarySuffixes[power];
    }

    private string Decimal()
    {
        var value = _nanos;
        var exponent = -9;
        while (exponent < 18 && value % 1000 == 0)
        {
            value /= 1000;
            exponent += 3;
        }

        var number = value.ToString(CultureInfo.InvariantCulture);
        return _format == QuantityFormat.DecimalExponent
            ? exponent == 0 ? number : number + "e" + exponent.ToString(CultureInfo.InvariantCulture)
            : number + QuantityParser.DecimalSuffixes[(exponent / 3) + 3];
    }

    private static Int128 Ceiling(Int128 a, Int128 b)
    {
        var q = a / b;
        return a % b > 0 ? q + 1 : q;
    }

    private static long Saturate(Int128 v) => v > long.MaxValue ? long.MaxValue : v < long.MinValue ? long.MinValue : (long)v;
}
