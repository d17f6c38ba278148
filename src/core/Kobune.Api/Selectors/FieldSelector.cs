namespace Kobune.Api;

using System.Text;

/// <summary>One term of a field selector.</summary>
public sealed record FieldTerm(string Field, bool Equal, string Value)
{
    public override string ToString() => Field + (Equal ? "=" : "!=") + FieldSelector.Escape(Value);
}

/// <summary>A compiled field selector: <c>metadata.name=a,status.phase!=Running</c>. Immutable.</summary>
public sealed class FieldSelector
{
    private FieldSelector(IReadOnlyList<FieldTerm> terms) => Terms = terms;

    public static FieldSelector Everything { get; } = new([]);

    public IReadOnlyList<FieldTerm> Terms { get; }

    public bool IsEmpty => Terms.Count == 0;

    public static FieldSelector Of(string field, string value) => new([new FieldTerm(field, true, value)]);

    /// <exception cref="FormatException">worded as the reference words it</exception>
    public static FieldSelector Parse(string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return Everything;
        }

        var terms = new List<FieldTerm>();
        foreach (var part in Split(text))
        {
            if (part.Length > 0)
            {
                terms.Add(Term(part) ?? throw new FormatException($"invalid selector: '{text}'; can't understand '{part}'"));
            }
        }

        return new FieldSelector(terms);
    }

    /// <param name="value">gives a field's value; "" when it has none</param>
    public bool Matches(Func<string, string> value)
    {
        foreach (var term in Terms)
        {
            if ((value(term.Field) == term.Value) != term.Equal)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The value that a field is required to have, or null.</summary>
    public string? RequiredValue(string field) => Terms.FirstOrDefault(t => t.Equal && t.Field == field)?.Value;

    public override string ToString() => string.Join(",", Terms);

    internal static string Escape(string value) =>
        value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace(",", "\\,", StringComparison.Ordinal).Replace("=", "\\=", StringComparison.Ordinal);

    private static FieldTerm? Term(string part)
    {
        for (var i = 0; i < part.Length; i++)
        {
            if (part[i] == '\\')
            {
                i++;
                continue;
            }

            var rest = part.AsSpan(i);
            var (length, equal) = rest.StartsWith("!=") ? (2, false) : rest.StartsWith("==") ? (2, true) : rest.StartsWith("=") ? (1, true) : (0, true);
            if (length > 0)
            {
                var value = Unescape(part[(i + length)..]);
                return value == null ? null : new FieldTerm(part[..i].Trim(), equal, value);
            }
        }

        return null;
    }

    private static List<string> Split(string text)
    {
        var parts = new List<string>();
        var start = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\')
            {
                i++;
            }
            else if (text[i] == ',')
            {
                parts.Add(text[start..i]);
                start = i + 1;
            }
        }

        parts.Add(text[start..]);
        return parts;
    }

    private static string? Unescape(string value)
    {
        var b = new StringBuilder(value.Length);
        for (var i = 0; i < value.Length; i++)
        {
            if (value[i] is ',' or '=')
            {
                return null;
            }

            if (value[i] == '\\' && (++i == value.Length || value[i] is not ('\\' or ',' or '=')))
            {
                return null;
            }

            b.Append(value[i]);
        }

        return b.ToString();
    }
}
