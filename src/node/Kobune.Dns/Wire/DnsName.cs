using System.Text;

namespace Kobune.Dns.Wire;

/// <summary>
/// A domain name as its labels, the root's empty label left out. Labels are octets (RFC 1035 §2.3.1), kept one character
/// each; the case is kept as it came and ignored in comparisons, for ASCII letters only (RFC 4343).
/// </summary>
internal readonly struct DnsName : IEquatable<DnsName>
{
    private const int MaxLabel = 63;
    private const int MaxWire = 255;

    private readonly string[]? _labels;

    public DnsName(params string[] labels) => _labels = labels;

    public static DnsName Root => new([]);

    public IReadOnlyList<string> Labels => _labels ?? [];

    public int Count => _labels?.Length ?? 0;

    public string this[int index] => _labels![index];

    /// <summary>Octets on the wire without compression.</summary>
    public int WireLength => Labels.Sum(static l => l.Length + 1) + 1;

    /// <summary>Whether labels and name are within RFC 1035's limits.</summary>
    public bool IsValid => WireLength <= MaxWire && Labels.All(static l => l.Length is > 0 and <= MaxLabel);

    /// <summary>Parses <c>a.b.c</c>, with or without the final dot; there are no escapes. The result may be invalid.</summary>
    public static DnsName Parse(string text)
    {
        var trimmed = text.EndsWith('.') ? text[..^1] : text;
        return trimmed.Length == 0 ? Root : new DnsName(trimmed.Split('.'));
    }

    public bool EndsWith(DnsName suffix)
    {
        var offset = Count - suffix.Count;
        if (offset < 0)
        {
            return false;
        }
        for (var i = 0; i < suffix.Count; i++)
        {
            if (!SameLabel(this[offset + i], suffix[i]))
            {
                return false;
            }
        }
        return true;
    }

    /// <summary>The name without its last labels.</summary>
    public DnsName WithoutLast(int labels) => new(_labels![..^labels]);

    /// <summary>The name without its first labels.</summary>
    public DnsName WithoutFirst(int labels) => new(_labels![labels..]);

    /// <summary>This name below another.</summary>
    public DnsName Under(DnsName parent) => new([.. Labels, .. parent.Labels]);

    public static bool SameLabel(string a, string b) => Ascii.EqualsIgnoreCase(a, b) || (!Ascii.IsValid(a) && string.Equals(Fold(a), Fold(b), StringComparison.Ordinal));

    public bool Equals(DnsName other) => Count == other.Count && EndsWith(other);

    public override bool Equals(object? obj) => obj is DnsName other && Equals(other);

    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (var label in Labels)
        {
            foreach (var c in label)
            {
                hash.Add(c is >= 'A' and <= 'Z' ? (char)(c | 0x20) : c);
            }
            hash.Add('.');
        }
        return hash.ToHashCode();
    }

    public static bool operator ==(DnsName a, DnsName b) => a.Equals(b);

    public static bool operator !=(DnsName a, DnsName b) => !a.Equals(b);

    /// <summary>For people: with the final dot; octets that are no printable ASCII as \DDD.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        foreach (var label in Labels)
        {
            foreach (var c in label)
            {
                _ = c is > ' ' and < '\x7f' and not '.' and not '\\' ? text.Append(c) : text.Append('\\').Append(((int)c).ToString("D3", System.Globalization.CultureInfo.InvariantCulture));
            }
            text.Append('.');
        }
        return text.Length == 0 ? "." : text.ToString();
    }

    private static string Fold(string label) => string.Concat(label.Select(static c => c is >= 'A' and <= 'Z' ? (char)(c | 0x20) : c));
}
