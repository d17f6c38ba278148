namespace Kobune.Api;

using System.Globalization;

/// <summary>A number or a text: a port by number or name, an amount absolute or in per cent. The default is the number 0.</summary>
public readonly struct IntOrString : IEquatable<IntOrString>
{
    private readonly string? _text;

    public IntOrString(int value) => IntValue = value;

    public IntOrString(string text) => _text = text ?? throw new ArgumentNullException(nameof(text));

    public bool IsString => _text != null;
    public int IntValue { get; }
    public string StringValue => _text ?? "";

    public static implicit operator IntOrString(int value) => new(value);
    public static implicit operator IntOrString(string text) => new(text);
    public static bool operator ==(IntOrString a, IntOrString b) => a.Equals(b);
    public static bool operator !=(IntOrString a, IntOrString b) => !a.Equals(b);

    public bool Equals(IntOrString other) => _text == other._text && IntValue == other.IntValue;
    public override bool Equals(object? obj) => obj is IntOrString other && Equals(other);
    public override int GetHashCode() => HashCode.Combine(_text, IntValue);
    public override string ToString() => _text ?? IntValue.ToString(CultureInfo.InvariantCulture);

    /// <summary>The absolute amount: the number itself, or the percentage of <paramref name="total"/>, rounded as asked.</summary>
    /// <exception cref="FormatException">a text that is not a percentage</exception>
    public int Scaled(int total, bool roundUp)
    {
        if (_text == null)
        {
            return IntValue;
        }

        if (!_text.EndsWith('%') || !int.TryParse(_text.AsSpan(0, _text.Length - 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var percent))
        {
            throw new FormatException($"invalid value for IntOrString: invalid type: string is not a percentage");
        }

        var scaled = (double)percent * total / 100;
        return (int)(roundUp ? Math.Ceiling(scaled) : Math.Floor(scaled));
    }
}
