using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text.Json;
using Kobune.Api;
using Kobune.ApiServer.Pipeline;

namespace Kobune.ApiServer.Discovery;

/// <summary>
/// /openapi/v2 and /openapi/v3: made from the schema table on first use, per group-version, and kept until custom
/// resources change.
/// </summary>
internal sealed class OpenApiDocuments(ResourceDirectory directory)
{
    // Clients ask with "@", which no parser of media types takes in an answer.
    private const string V2ProtobufAsked = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf";
    private const string V2Protobuf = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";

    private readonly ConcurrentDictionary<string, Document> documents = new(StringComparer.Ordinal);

    private sealed record Document(string Stamp, byte[] Bytes);

    /// <summary>All group-versions in one document of the older form.</summary>
    public Task V2Async(ApiRequest request)
    {
        var accept = request.Http.Request.Headers.Accept;
        if (MediaTypes.Clauses(accept).FirstOrDefault(c => c.Type is V2ProtobufAsked or V2Protobuf or MediaTypes.Json)?.Type is V2ProtobufAsked or V2Protobuf)
        {
            return DocumentAsync(
                request, "v2.protobuf", RevisionStamp(), V2Protobuf, () => OpenApiV2Proto.Write(System.Text.Json.Nodes.JsonNode.Parse(V2Json())!.AsObject()));
        }

        if (!MediaTypes.Clauses(accept).Any(c => c.Type is MediaTypes.Json or "*/*" or "application/*") && accept.Count > 0)
        {
            throw StatusErrors.NotAcceptable([MediaTypes.Json]);
        }

        return DocumentAsync(request, "v2", RevisionStamp(), MediaTypes.Json, V2Json);
    }

    private string RevisionStamp() => directory.Current.Revision.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private byte[] V2Json()
    {
        var resources = directory.Current.Groups.SelectMany(g => g.Versions).SelectMany(v => v.Resources).ToList();
        return DiscoveryDocuments.Write(w => new OpenApiWriter(w, "#/definitions/").WriteV2(resources));
    }

    /// <summary>Which documents there are. The hash changes with what is served; making the documents is not needed for it.</summary>
    public Task V3IndexAsync(ApiRequest request)
    {
        var snapshot = directory.Current;
        var json = DiscoveryDocuments.Write(w =>
        {
            w.WriteStartObject();
            w.WriteStartObject("paths");
            foreach (var group in snapshot.Groups)
            {
                foreach (var version in group.Versions)
                {
                    var path = PathOf(group.Name, version.Name);
                    w.WriteStartObject(path);
                    w.WriteString("serverRelativeURL", $"/openapi/v3/{path}?hash={Hash(StampOf(version))}");
                    w.WriteEndObject();
                }
            }

            w.WriteEndObject();
            w.WriteEndObject();
        });
        return Responses.BytesAsync(request, 200, MediaTypes.Json, json);
    }

    public Task V3Async(ApiRequest request, string groupVersion)
    {
        var snapshot = directory.Current;
        foreach (var group in snapshot.Groups)
        {
            foreach (var version in group.Versions)
            {
                if (PathOf(group.Name, version.Name) == groupVersion)
                {
                    return DocumentAsync(request, groupVersion, StampOf(version), MediaTypes.Json, () => DiscoveryDocuments.Write(w => new OpenApiWriter(w, "#/components/schemas/").WriteV3(version.Resources)));
                }
            }
        }

        throw StatusErrors.NoSuchPath();
    }

    /// <summary>Documents of built-in resources never change; those of custom ones with their definitions.</summary>
    private static string StampOf(DirectoryVersion version) =>
        string.Join(';', version.Resources.Select(r => CustomResources.CustomFacts.Of(r)?.Stamp).OfType<string>());

    private Task DocumentAsync(ApiRequest request, string name, string stamp, string type, Func<byte[]> make)
    {
        var etag = "\"" + Hash(stamp + (type == MediaTypes.Json ? "" : type)) + "\"";
        var response = request.Http.Response;
        response.Headers.ETag = etag;
        response.Headers.Vary = "Accept-Encoding,Accept";
        if (request.Query("hash") is not null)
        {
            // The address names the content: it may be kept for good.
            response.Headers.CacheControl = "public, immutable";
        }

        if (request.Http.Request.Headers.IfNoneMatch == etag)
        {
            response.StatusCode = 304;
            return Task.CompletedTask;
        }

        if (documents.GetValueOrDefault(name) is not { } document || document.Stamp != stamp)
        {
            documents[name] = document = new Document(stamp, make());
        }

        return Responses.BytesAsync(request, 200, type, document.Bytes);
    }

    private static string PathOf(string group, string version) => group.Length == 0 ? "api/" + version : $"apis/{group}/{version}";

    private static string Hash(string stamp) => Convert.ToHexString(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes($"{ServerVersion.GitVersion}/{stamp}")));
}
