using Kobune.Api;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.Cel.Library;

/// <summary>Kubernetes' own: quantities, URLs, named formats.</summary>
internal static class KubernetesFunctions
{
    private static readonly Dictionary<string, Func<string, IReadOnlyList<string>>> Formats = new(StringComparer.Ordinal)
    {
        ["dns1123Label"] = Names.DnsLabel,
        ["dns1123Subdomain"] = Names.DnsSubdomain,
        ["dns1035Label"] = Names.Dns1035Label,
        ["qualifiedName"] = Names.QualifiedName,
        ["labelValue"] = static s => s.Length <= 63 && (s.Length == 0 || Names.QualifiedName(s).Count == 0) ? [] : ["must be a valid label value"],
        ["uri"] = static s => Uri.TryCreate(s, UriKind.RelativeOrAbsolute, out _) ? [] : ["must be a valid URI"],
        ["uuid"] = static s => Guid.TryParseExact(s, "D", out _) ? [] : ["does not match the UUID format"],
        ["byte"] = static s => CustomResources.Schemas.Formats.Holds("byte", s) ? [] : ["invalid base64"],
        ["date"] = static s => CustomResources.Schemas.Formats.Holds("date", s) ? [] : ["invalid date"],
        ["datetime"] = static s => CustomResources.Schemas.Formats.Holds("date-time", s) ? [] : ["invalid datetime"],
    };

    private sealed record NamedFormat(string Name);

    public static void AddTo(Dictionary<string, CelFunction> globals, Dictionary<string, CelFunction> methods)
    {
        globals["quantity"] = static (in CelArguments c) => Quantity.TryParse(c.As<string>(0), out var q) ? q : throw new CelException($"quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'");
        globals["isQuantity"] = static (in CelArguments c) => Quantity.TryParse(c.As<string>(0), out _);
        methods["sign"] = static (in CelArguments c) => (long)c.SelfAs<Quantity>().Sign;
        methods["isInteger"] = static (in CelArguments c) => IsInteger(c.SelfAs<Quantity>());
        methods["asInteger"] = static (in CelArguments c) => IsInteger(c.SelfAs<Quantity>()) ? c.SelfAs<Quantity>().Value : throw new CelException("cannot convert value to integer");
        methods["asApproximateFloat"] = static (in CelArguments c) => c.SelfAs<Quantity>().ToDouble();
        methods["add"] = static (in CelArguments c) => c.SelfAs<Quantity>() + Amount(c[0]);
        methods["sub"] = static (in CelArguments c) => c.SelfAs<Quantity>() - Amount(c[0]);
        methods["isLessThan"] = static (in CelArguments c) => c.SelfAs<Quantity>() < c.As<Quantity>(0);
        methods["isGreaterThan"] = static (in CelArguments c) => c.SelfAs<Quantity>() > c.As<Quantity>(0);
        methods["compareTo"] = static (in CelArguments c) => (long)Math.Sign(c.SelfAs<Quantity>().CompareTo(c.As<Quantity>(0)));

        globals["url"] = static (in CelArguments c) => Url(c.As<string>(0)) ?? throw new CelException($"URL parse error during conversion from string: parse \"{c[0]}\": invalid URI for request");
        globals["isURL"] = static (in CelArguments c) => Url(c.As<string>(0)) is not null;
        methods["getScheme"] = static (in CelArguments c) => c.SelfAs<Uri>().IsAbsoluteUri ? c.SelfAs<Uri>().Scheme : "";
        methods["getHost"] = static (in CelArguments c) => c.SelfAs<Uri>() is { IsAbsoluteUri: true } u ? u.OriginalString.Contains($":{u.Port}", StringComparison.Ordinal) ? $"{u.Host}:{u.Port}" : u.Host : "";
        methods["getHostname"] = static (in CelArguments c) => c.SelfAs<Uri>() is { IsAbsoluteUri: true } u ? u.Host.Trim('[', ']') : "";
        methods["getPort"] = static (in CelArguments c) => c.SelfAs<Uri>() is { IsAbsoluteUri: true } u && u.OriginalString.Contains($":{u.Port}", StringComparison.Ordinal) ? CelText.Of((long)u.Port) : "";
        methods["getEscapedPath"] = static (in CelArguments c) => c.SelfAs<Uri>() is { IsAbsoluteUri: true } u
            ? u.AbsolutePath == "/" && !u.OriginalString.EndsWith('/') && !u.OriginalString.Contains("/?", StringComparison.Ordinal) ? "" : u.AbsolutePath
            : c.SelfAs<Uri>().OriginalString.Split('?')[0];
        methods["getQuery"] = static (in CelArguments c) => Query(c.SelfAs<Uri>());

        globals["format.named"] = static (in CelArguments c) => Formats.ContainsKey(c.As<string>(0)) ? CelOptional.Of(new NamedFormat(c.As<string>(0))) : CelOptional.None;
        foreach (var name in Formats.Keys)
        {
            globals["format." + name] = (in CelArguments _) => new NamedFormat(name);
        }

        methods["validate"] = static (in CelArguments c) =>
        {
            var problems = Formats[c.SelfAs<NamedFormat>().Name](c.As<string>(0));
            return problems.Count == 0 ? CelOptional.None : CelOptional.Of(new CelItems([.. problems]));
        };
        globals["jsonpatch.escapeKey"] = static (in CelArguments c) => c.As<string>(0).Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);
    }

    private static Quantity Amount(object? value) => value switch { Quantity q => q, long n => new Quantity(n), _ => throw CelArguments.NoOverload() };

    private static bool IsInteger(Quantity q) => decimal.Truncate(q.ToDecimal()) == q.ToDecimal();

    private static Uri? Url(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var absolute) && text.Contains(':', StringComparison.Ordinal) ? absolute
            : text.StartsWith('/') && Uri.TryCreate(text, UriKind.Relative, out var relative) ? relative : null;

    private static CelEntries Query(Uri uri)
    {
        var text = uri.OriginalString;
        var mark = text.IndexOf('?', StringComparison.Ordinal);
        var result = new Dictionary<object, object?>();
        foreach (var group in (mark < 0 ? "" : text[(mark + 1)..].Split('#')[0]).Split('&', StringSplitOptions.RemoveEmptyEntries)
            .Select(p => p.Split('=', 2)).GroupBy(p => Uri.UnescapeDataString(p[0])))
        {
            result[group.Key] = new CelItems([.. group.Select(p => p.Length > 1 ? Uri.UnescapeDataString(p[1]) : "")]);
        }

        return new CelEntries(result);
    }
}
