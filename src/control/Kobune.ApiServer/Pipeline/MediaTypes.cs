using Kobune.Api;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Kobune.ApiServer.Pipeline;

internal enum Encoding { Json, Yaml, Protobuf }

/// <summary>What form of an object a client asks for besides the object itself.</summary>
internal enum Form { Object, Table, Partial }

/// <summary>The encoding and form that a request's Accept header comes to.</summary>
/// <param name="Parameters">The parameters of the chosen clause, for discovery's own forms.</param>
internal readonly record struct Accepted(Encoding Encoding, Form Form, bool Pretty, IReadOnlyDictionary<string, string> Parameters)
{
    public string ContentType => Encoding switch
    {
        Encoding.Yaml => MediaTypes.Yaml,
        Encoding.Protobuf => MediaTypes.Protobuf,
        _ => MediaTypes.Json,
    };
}

/// <summary>Content negotiation for objects.</summary>
internal static class MediaTypes
{
    public const string Json = "application/json";
    public const string Yaml = "application/yaml";
    public const string Protobuf = "application/vnd.kubernetes.protobuf";
    public static readonly string[] Supported = [Json, Yaml, Protobuf];
    public static readonly string[] TextOnly = [Json, Yaml];
    public static readonly string[] CustomPatches = ["application/json-patch+json", "application/merge-patch+json", "application/apply-patch+yaml"];
    public static readonly string[] Patches = ["application/json-patch+json", "application/merge-patch+json", "application/strategic-merge-patch+json", "application/apply-patch+yaml"];

    private static readonly Dictionary<string, string> None = [];

    /// <exception cref="KubeStatusException">406</exception>
    public static Accepted Negotiate(HttpRequest request, bool formsAllowed = true) => Negotiate(request, formsAllowed, protobuf: true);

    /// <summary>The same for a resource: custom ones have no protobuf form, only their metadata has.</summary>
    /// <exception cref="KubeStatusException">406</exception>
    public static Accepted Negotiate(HttpRequest request, Registry.ServedResource resource) => Negotiate(request, true, !resource.IsCustom);

    private static Accepted Negotiate(HttpRequest request, bool formsAllowed, bool protobuf)
    {
        var pretty = request.Query["pretty"] is [{ } value, ..] && value is not ("0" or "false");
        var accept = request.Headers.Accept;
        if (accept.Count == 0)
        {
            return new Accepted(Encoding.Json, Form.Object, pretty, None);
        }

        foreach (var clause in Clauses(accept))
        {
            if (Match(clause, formsAllowed) is { } found && (protobuf || found is not { Encoding: Encoding.Protobuf, Form: not Form.Partial }))
            {
                return new Accepted(found.Encoding, found.Form, pretty, clause.Parameters);
            }
        }

        throw StatusErrors.NotAcceptable(protobuf ? Supported : TextOnly);
    }

    /// <summary>The encoding of a request's body.</summary>
    /// <exception cref="KubeStatusException">415</exception>
    public static Encoding OfBody(HttpRequest request)
    {
        var type = Essence(request.ContentType);
        return type switch
        {
            "" or Json => Encoding.Json,
            Yaml or "text/yaml" or "application/x-yaml" => Encoding.Yaml,
            Protobuf => Encoding.Protobuf,
            _ => throw StatusErrors.UnsupportedMediaType(Supported),
        };
    }

    /// <summary>A media type without its parameters, in lower case.</summary>
    public static string Essence(string? contentType)
    {
        if (string.IsNullOrEmpty(contentType))
        {
            return "";
        }

        var semicolon = contentType.IndexOf(';');
        return (semicolon < 0 ? contentType : contentType[..semicolon]).Trim().ToLowerInvariant();
    }

    internal sealed record Clause(string Type, double Quality, IReadOnlyDictionary<string, string> Parameters);

    /// <summary>The clauses of an Accept header, the most wanted first, otherwise in the order given.</summary>
    internal static IEnumerable<Clause> Clauses(StringValues accept)
    {
        var clauses = new List<Clause>();
        foreach (var header in accept)
        {
            foreach (var part in (header ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            {
                clauses.Add(ParseClause(part));
            }
        }

        return clauses.Count == 1 ? clauses : clauses.OrderByDescending(c => c.Quality);
    }

    private static Clause ParseClause(string part)
    {
        var pieces = part.Split(';', StringSplitOptions.TrimEntries);
        if (pieces.Length == 1)
        {
            return new Clause(pieces[0].ToLowerInvariant(), 1, None);
        }

        var parameters = new Dictionary<string, string>(StringComparer.Ordinal);
        var quality = 1.0;
        foreach (var piece in pieces.AsSpan(1))
        {
            var equals = piece.IndexOf('=');
            if (equals <= 0)
            {
                continue;
            }

            if (piece.AsSpan(0, equals).SequenceEqual("q"))
            {
                quality = double.TryParse(piece.AsSpan(equals + 1), System.Globalization.CultureInfo.InvariantCulture, out var q) ? q : 1;
            }
            else
            {
                parameters[piece[..equals]] = piece[(equals + 1)..].Trim('"');
            }
        }

        return new Clause(pieces[0].ToLowerInvariant(), quality, parameters);
    }

    private static (Encoding Encoding, Form Form)? Match(Clause clause, bool formsAllowed)
    {
        Encoding? encoding = clause.Type switch
        {
            Json or "*/*" or "application/*" => Encoding.Json,
            Yaml => Encoding.Yaml,
            Protobuf => Encoding.Protobuf,
            _ => null,
        };
        if (encoding is null || clause.Quality <= 0)
        {
            return null;
        }

        if (!clause.Parameters.TryGetValue("as", out var form))
        {
            return (encoding.Value, Form.Object);
        }

        if (!formsAllowed || clause.Parameters.GetValueOrDefault("g") != "meta.k8s.io" || clause.Parameters.GetValueOrDefault("v") != "v1")
        {
            return null;
        }

        return form switch
        {
            "Table" => (encoding.Value, Form.Table),
            "PartialObjectMetadata" or "PartialObjectMetadataList" => (encoding.Value, Form.Partial),
            _ => null,
        };
    }
}
