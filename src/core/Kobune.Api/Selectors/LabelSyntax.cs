namespace Kobune.Api;

using System.Globalization;

/// <summary>What may be a label's key and value, and which values an operator takes.</summary>
public static class LabelSyntax
{
    private const string ValueRule = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
    private const string NameRule = "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
    private const string PrefixRule = "prefix part a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

    /// <summary>What is wrong with a value, or null.</summary>
    public static string? ValueError(string value) =>
        value.Length > 63 ? "must be no more than 63 bytes" : value.Length == 0 || IsWord(value) ? null : ValueRule;

    /// <summary>What is wrong with a qualified name (label or annotation key), or null.</summary>
    public static string? KeyError(string key)
    {
        var parts = key.Split('/');
        var name = parts[^1];
        if (parts.Length > 2)
        {
            return "a qualified name must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')";
        }

        if (parts.Length == 2 && parts[0].Length == 0)
        {
            return "prefix part must be non-empty";
        }

        if (parts.Length == 2 && !IsSubdomain(parts[0]))
        {
            return PrefixRule;
        }

        return name.Length == 0 ? "name part must be non-empty" : name.Length > 63 ? "name part must be no more than 63 bytes" : IsWord(name) ? null : NameRule;
    }

    /// <summary>RFC 1123 subdomain: lower case labels with dots, at most 253 bytes.</summary>
    public static bool IsSubdomain(string text) => text.Length is > 0 and <= 253 && text.Split('.').All(p => IsDnsWord(p));

    /// <summary>RFC 1123 label: at most 63 bytes.</summary>
    public static bool IsDnsLabel(string text) => text.Length <= 63 && IsDnsWord(text);

    private static bool IsDnsWord(string text) =>
        text.Length > 0 && text[0] != '-' && text[^1] != '-' && text.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-');

    internal static LabelRequirement Checked(string key, LabelOperator op, List<string> values)
    {
        Throw(KeyError(key) is { } wrong ? FieldError.Invalid("key", key, wrong) : null);
        var text = "[" + string.Join(" ", values.Select(FieldError.Quote)) + "]";
        var problem = op switch
        {
            LabelOperator.In or LabelOperator.NotIn when values.Count == 0 => "for 'in', 'notin' operators, values set can't be empty",
            LabelOperator.Equal or LabelOperator.NotEqual when values.Count != 1 => "exact-match compatibility requires one single value",
            LabelOperator.Exists or LabelOperator.DoesNotExist when values.Count != 0 => "values set must be empty for exists and does not exist",
            LabelOperator.GreaterThan or LabelOperator.LessThan when values.Count != 1 => "for 'Gt', 'Lt' operators, exactly one value is required",
            _ => null,
        };
        Throw(problem == null ? null : FieldError.Invalid("values", new Verbatim(text), problem));
        for (var i = 0; i < values.Count; i++)
        {
            if (op is LabelOperator.GreaterThan or LabelOperator.LessThan && !long.TryParse(values[i], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _))
            {
                Throw(FieldError.Invalid(FieldPath.New("values").Index(i), values[i], "for 'Gt', 'Lt' operators, the value must be an integer"));
            }

            Throw(ValueError(values[i]) is { } bad ? FieldError.Invalid(FieldPath.New("values").Index(i).Key(key), values[i], bad) : null);
        }

        return new LabelRequirement(key, op, values);
    }

    private static bool IsWord(string text) =>
        char.IsAsciiLetterOrDigit(text[0]) && char.IsAsciiLetterOrDigit(text[^1]) && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.');

    private static void Throw(FieldError? error)
    {
        if (error != null)
        {
            throw new FormatException(error.ToString());
        }
    }

    private sealed record Verbatim(string Text)
    {
        public override string ToString() => Text;
    }
}
