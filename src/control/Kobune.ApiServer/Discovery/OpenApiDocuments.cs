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

    private readonly ConcurrentDictionary<(int Revision, string GroupVersion), byte[]> documents = new();

    /// <summary>All group-versions in one document of the older form.</summary>
    public Task V2Async(ApiRequest request)
    {
        var accept = request.Http.Request.Headers.Accept;
        if (MediaTypes.Clauses(accept).Any(c => c.Type is V2ProtobufAsked or V2Protobuf))
        {
            return Responses.BytesAsync(request, 200, V2Protobuf, EmptyV2Protobuf());
        }

        if (!MediaTypes.Clauses(accept).Any(c => c.Type is MediaTypes.Json or "*/*" or "application/*") && accept.Count > 0)
        {
            throw StatusErrors.NotAcceptable([MediaTypes.Json]);
        }

        var snapshot = directory.Current;
        var resources = snapshot.Groups.SelectMany(g => g.Versions).SelectMany(v => v.Resources).ToList();
        return DocumentAsync(request, "v2", snapshot.Revision, () => DiscoveryDocuments.Write(w => new OpenApiWriter(w, "#/definitions/").WriteV2(resources)));
    }

    /// <summary>
    /// kubectl asks for this form for one thing: whether a kind that v3 does not have is known here. It is not, so the
    /// document (gnostic's openapi.v2.Document) has a version and a title, and neither paths nor definitions.
    /// </summary>
    private static byte[] EmptyV2Protobuf()
    {
        byte[] info = [.. Text(1, "Kubernetes"), .. Text(2, ServerVersion.GitVersion)];
        return [.. Text(1, "2.0"), (2 << 3) | 2, (byte)info.Length, .. info];

        static byte[] Text(byte field, string text) => [(byte)((field << 3) | 2), (byte)text.Length, .. System.Text.Encoding.ASCII.GetBytes(text)];
    }

    /// <summary>Which documents there are. The hash changes with what is served; making the documents is not needed for it.</summary>
    public Task V3IndexAsync(ApiRequest request)
    {
        var snapshot = directory.Current;
        var hash = Hash(snapshot.Revision);
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
                    w.WriteString("serverRelativeURL", $"/openapi/v3/{path}?hash={hash}");
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
                    return DocumentAsync(request, groupVersion, snapshot.Revision, () => DiscoveryDocuments.Write(w => new OpenApiWriter(w, "#/components/schemas/").WriteV3(version.Resources)));
                }
            }
        }

        throw StatusErrors.NoSuchPath();
    }

    private Task DocumentAsync(ApiRequest request, string name, int revision, Func<byte[]> make)
    {
        var etag = "\"" + Hash(revision) + "\"";
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

        var document = documents.GetOrAdd((revision, name), static (_, m) => m(), make);
        foreach (var key in documents.Keys)
        {
            if (key.Revision != revision)
            {
                documents.TryRemove(key, out _);
            }
        }

        return Responses.BytesAsync(request, 200, MediaTypes.Json, document);
    }

    private static string PathOf(string group, string version) => group.Length == 0 ? "api/" + version : $"apis/{group}/{version}";

    private static string Hash(int revision) => Convert.ToHexString(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes($"{ServerVersion.GitVersion}/{revision}")));
}
