using System.Text.RegularExpressions;

namespace Kobune.ApiServer.Validation;

/// <summary>
/// What names, keys, ports and the like may look like. Each method returns everything that is wrong with a value, in
/// the reference's words, or nothing.
/// </summary>
public static partial class Names
{
    private const string LabelPattern = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
    private const string SubdomainPattern = LabelPattern + "(\\." + LabelPattern + ")*";
    private const string UnderscorePattern = "[a-z0-9_]([-_a-z0-9]*[a-z0-9_])?(\\.[a-z0-9_]([-_a-z0-9]*[a-z0-9_])?)*";
    private const string Dns1035Pattern = "[a-z]([-a-z0-9]*[a-z0-9])?";
    private const string WordPattern = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
    private const string KeyPattern = "[-._a-zA-Z0-9]+";

    private static readonly string WordRule = Rule(
        "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character", WordPattern, "MyName", "my.name", "123-abc");

    /// <summary>RFC 1123 label, at most 63 bytes.</summary>
    public static IReadOnlyList<string> DnsLabel(string value)
    {
        if (value.Length <= 63 && LabelRegex().IsMatch(value))
        {
            return [];
        }

        return Problems(
            value.Length > 63 ? MaxLength(63) : null,
            LabelRegex().IsMatch(value) ? null
            : SubdomainRegex().IsMatch(value) ? "must not contain dots"
            : Rule("a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character", LabelPattern, "my-name", "123-abc"));
    }

    /// <summary>RFC 1123 subdomain, at most 253 bytes.</summary>
    public static IReadOnlyList<string> DnsSubdomain(string value)
    {
        if (value.Length <= 253 && SubdomainRegex().IsMatch(value))
        {
            return [];
        }

        return Problems(
            value.Length > 253 ? MaxLength(253) : null,
            SubdomainRegex().IsMatch(value) ? null
            : Rule("a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character", SubdomainPattern, "example.com"));
    }

    /// <summary>A subdomain that may contain underscores: DNS search paths.</summary>
    public static IReadOnlyList<string> DnsSubdomainWithUnderscore(string value) => Problems(
        value.Length > 253 ? MaxLength(253) : null,
        UnderscoreRegex().IsMatch(value) ? null
        : Rule("a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-', '_', or '.', and must start and end with an alphanumeric character", UnderscorePattern, "example.com"));

    /// <summary>RFC 1035 label, at most 63 bytes: names of Services.</summary>
    public static IReadOnlyList<string> Dns1035Label(string value) => Problems(
        value.Length > 63 ? MaxLength(63) : null,
        Dns1035Regex().IsMatch(value) ? null
        : Rule("a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character", Dns1035Pattern, "my-name", "abc-123"));

    /// <summary>A name that can be a segment of a path.</summary>
    public static IReadOnlyList<string> PathSegment(string value) => value is "." or ".."
        ? [$"may not be '{value}'"]
        : Problems(value.Contains('/') ? "may not contain '/'" : null, value.Contains('%') ? "may not contain '%'" : null);

    /// <summary>An optional subdomain, a slash and a word of at most 63 bytes: keys of labels, resources, conditions.</summary>
    public static IReadOnlyList<string> QualifiedName(string value)
    {
        var slash = value.IndexOf('/');
        var name = value[(slash + 1)..];
        if (name.Contains('/'))
        {
            return ["a qualified name " + WordRule + " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"];
        }

        var problems = new List<string>(0);
        if (slash >= 0)
        {
            problems.AddRange(slash == 0 ? ["prefix part must be non-empty"] : DnsSubdomain(value[..slash]).Select(p => "prefix part " + p));
        }

        if (name.Length is 0 or > 63)
        {
            problems.Add(name.Length == 0 ? "name part must be non-empty" : "name part " + MaxLength(63));
        }

        if (!WordRegex().IsMatch(name))
        {
            problems.Add("name part " + WordRule);
        }

        return problems;
    }

    public static IReadOnlyList<string> LabelValue(string value) => Problems(
        value.Length > 63 ? MaxLength(63) : null,
        value.Length == 0 || WordRegex().IsMatch(value) ? null
        : Rule("a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character", "(" + WordPattern + ")?", "MyValue", "my_value", "12345"));

    /// <summary>A key of a ConfigMap's or a Secret's data.</summary>
    public static IReadOnlyList<string> ConfigMapKey(string value)
    {
        if (value.Length is > 0 and <= 253 && value[0] != '.' && KeyRegex().IsMatch(value))
        {
            return [];
        }

        return Problems(
            value.Length > 253 ? MaxLength(253) : null,
            KeyRegex().IsMatch(value) ? null : Rule("a valid config key must consist of alphanumeric characters, '-', '_' or '.'", KeyPattern, "key.name", "KEY_NAME", "key-name"),
            value is "." or ".." ? $"must not be '{value}'" : value.StartsWith("..", StringComparison.Ordinal) ? "must not start with '..'" : null);
    }

    /// <summary>A name of an environment variable: any printable ASCII but '='.</summary>
    public static IReadOnlyList<string> EnvironmentVariable(string value) => Problems(
        value.Length == 0 ? "environment variable name must be non-empty" : null,
        value.All(c => c is >= ' ' and <= '~' and not '=') ? null : "a valid environment variable name must consist only of printable ASCII characters other than '='");

    public static IReadOnlyList<string> HttpHeader(string value) => Problems(
        HeaderRegex().IsMatch(value) ? null : Rule("a valid HTTP header must consist of alphanumeric characters or '-'", "[-A-Za-z0-9]+", "X-Header-Name"));

    public static IReadOnlyList<string> PortNumber(int port) => Range(port, 1, 65535);

    /// <summary>IANA service name, RFC 6335 section 5.1.</summary>
    public static IReadOnlyList<string> PortName(string value) => Problems(
        value.Length > 15 ? MaxLength(15) : null,
        value.Length > 0 && value.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-') ? null : "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)",
        value.Any(char.IsAsciiLetterLower) ? null : "must contain at least one letter (a-z)",
        value.Contains("--", StringComparison.Ordinal) ? "must not contain consecutive hyphens" : null,
        value.Length > 0 && (value[0] == '-' || value[^1] == '-') ? "must not begin or end with a hyphen" : null);

    public static IReadOnlyList<string> UserOrGroup(long id) => Range(id, 0, int.MaxValue);

    public static IReadOnlyList<string> Range(long value, long least, long most) =>
        value >= least && value <= most ? [] : [FormattableString.Invariant($"must be between {least} and {most}, inclusive")];

    internal static string MaxLength(int bytes) => FormattableString.Invariant($"must be no more than {bytes} bytes");

    internal static string Rule(string rule, string pattern, params ReadOnlySpan<string> examples)
    {
        var shown = "";
        for (var i = 0; i < examples.Length; i++)
        {
            shown += (i > 0 ? " or " : "") + $"'{examples[i]}', ";
        }

        return $"{rule} (e.g. {shown}regex used for validation is '{pattern}')";
    }

    private static IReadOnlyList<string> Problems(params ReadOnlySpan<string?> problems)
    {
        List<string>? found = null;
        foreach (var problem in problems)
        {
            if (problem != null)
            {
                (found ??= []).Add(problem);
            }
        }

        return found ?? (IReadOnlyList<string>)[];
    }

    [GeneratedRegex("\\A" + LabelPattern + "\\z")]
    private static partial Regex LabelRegex();

    [GeneratedRegex("\\A" + SubdomainPattern + "\\z")]
    private static partial Regex SubdomainRegex();

    [GeneratedRegex("\\A" + UnderscorePattern + "\\z")]
    private static partial Regex UnderscoreRegex();

    [GeneratedRegex("\\A" + Dns1035Pattern + "\\z")]
    private static partial Regex Dns1035Regex();

    [GeneratedRegex("\\A" + WordPattern + "\\z")]
    private static partial Regex WordRegex();

    [GeneratedRegex("\\A" + KeyPattern + "\\z")]
    private static partial Regex KeyRegex();

    [GeneratedRegex("\\A[-A-Za-z0-9]+\\z")]
    private static partial Regex HeaderRegex();
}
