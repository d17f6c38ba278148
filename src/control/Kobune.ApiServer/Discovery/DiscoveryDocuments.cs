using System.Buffers;
using System.Security.Cryptography;
using System.Text.Json;
using Kobune.Api;
using Kobune.ApiServer.Pipeline;

namespace Kobune.ApiServer.Discovery;

/// <summary>/api and /apis: the plain documents, and the aggregated ones (apidiscovery.k8s.io/v2) with ETags.</summary>
internal sealed class DiscoveryDocuments(ResourceDirectory directory)
{
    private volatile Cached? aggregatedCore;
    private volatile Cached? aggregatedGroups;

    private sealed record Cached(int Revision, byte[] Json, string ETag);

    public Task HandleAsync(ApiRequest request, string path)
    {
        var parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (parts.Length == 1)
        {
            return WantsAggregated(request) ? AggregatedAsync(request, parts[0] == "api") : PlainAsync(request, parts[0] == "api" ? CoreVersions(request) : Groups());
        }

        if (parts[0] == "api")
        {
            return parts is [_, var version] && Find("", version) is { } core ? PlainAsync(request, Resources(core)) : throw StatusErrors.NoSuchPath();
        }

        return parts switch
        {
            [_, var name] when directory.Current.Groups.FirstOrDefault(g => g.Name == name && name.Length > 0) is { } group => PlainAsync(request, Group(group)),
            [_, var name, var version] when name.Length > 0 && Find(name, version) is { } resources => PlainAsync(request, Resources(resources)),
            _ => throw StatusErrors.NoSuchPath(),
        };
    }

    /// <summary>GET /: all paths.</summary>
    public byte[] RootPaths()
    {
        var paths = new List<string> { "/.well-known/openid-configuration", "/api", "/api/v1", "/apis" };
        foreach (var group in directory.Current.Groups.Where(g => g.Name.Length > 0))
        {
            paths.Add("/apis/" + group.Name);
            paths.AddRange(group.Versions.Select(v => $"/apis/{group.Name}/{v.Name}"));
        }

        paths.AddRange(["/healthz", "/livez", "/metrics", "/openapi/v2", "/openapi/v3", "/openid/v1/jwks", "/readyz", "/version"]);
        return Write(w =>
        {
            w.WriteStartObject();
            w.WriteStartArray("paths");
            foreach (var path in paths)
            {
                w.WriteStringValue(path);
            }

            w.WriteEndArray();
            w.WriteEndObject();
        });
    }

    private DirectoryVersion? Find(string group, string version) =>
        directory.Current.Groups.FirstOrDefault(g => g.Name == group)?.Versions.FirstOrDefault(v => v.Name == version);

    private static Task PlainAsync(ApiRequest request, byte[] json) => Responses.JsonAsync(request, 200, json, MediaTypes.Negotiate(request.Http.Request, false));

    private static bool WantsAggregated(ApiRequest request)
    {
        foreach (var clause in MediaTypes.Clauses(request.Http.Request.Headers.Accept))
        {
            if (clause.Type == MediaTypes.Json && clause.Parameters.GetValueOrDefault("as") == "APIGroupDiscoveryList"
                && clause.Parameters.GetValueOrDefault("g") == "apidiscovery.k8s.io" && clause.Parameters.GetValueOrDefault("v") == "v2")
            {
                return true;
            }

            if (clause.Type is MediaTypes.Json or "*/*" && !clause.Parameters.ContainsKey("as"))
            {
                return false;
            }
        }

        return false;
    }

    private Task AggregatedAsync(ApiRequest request, bool core)
    {
        var snapshot = directory.Current;
        var cached = core ? aggregatedCore : aggregatedGroups;
        if (cached is null || cached.Revision != snapshot.Revision)
        {
            var json = Write(w => AggregatedDiscovery.Write(w, snapshot.Groups.Where(g => core == (g.Name.Length == 0))));
            cached = new Cached(snapshot.Revision, json, "\"" + Convert.ToHexString(SHA512.HashData(json)) + "\"");
            if (core)
            {
                aggregatedCore = cached;
            }
            else
            {
                aggregatedGroups = cached;
            }
        }

        var headers = request.Http.Response.Headers;
        headers.ETag = cached.ETag;
        headers.Vary = "Accept";
        headers.CacheControl = "public";
        if (request.Http.Request.Headers.IfNoneMatch == cached.ETag)
        {
            request.Http.Response.StatusCode = 304;
            return Task.CompletedTask;
        }

        return Responses.BytesAsync(request, 200, "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList", cached.Json);
    }

    private static byte[] CoreVersions(ApiRequest request) => Write(w =>
    {
        w.WriteStartObject();
        w.WriteString("kind", "APIVersions");
        w.WriteStartArray("versions");
        w.WriteStringValue("v1");
        w.WriteEndArray();
        w.WriteStartArray("serverAddressByClientCIDRs");
        w.WriteStartObject();
        w.WriteString("clientCIDR", "0.0.0.0/0");
        w.WriteString("serverAddress", request.Http.Request.Host.Value);
        w.WriteEndObject();
        w.WriteEndArray();
        w.WriteEndObject();
    });

    private byte[] Groups() => Write(w =>
    {
        w.WriteStartObject();
        w.WriteString("kind", "APIGroupList");
        w.WriteString("apiVersion", "v1");
        w.WriteStartArray("groups");
        foreach (var group in directory.Current.Groups.Where(g => g.Name.Length > 0))
        {
            w.WriteStartObject();
            GroupFields(w, group);
            w.WriteEndObject();
        }

        w.WriteEndArray();
        w.WriteEndObject();
    });

    private static byte[] Group(DirectoryGroup group) => Write(w =>
    {
        w.WriteStartObject();
        w.WriteString("kind", "APIGroup");
        w.WriteString("apiVersion", "v1");
        GroupFields(w, group);
        w.WriteEndObject();
    });

    private static void GroupFields(Utf8JsonWriter w, DirectoryGroup group)
    {
        w.WriteString("name", group.Name);
        w.WriteStartArray("versions");
        foreach (var version in group.Versions)
        {
            GroupVersion(w, group.Name, version.Name);
        }

        w.WriteEndArray();
        w.WritePropertyName("preferredVersion");
        GroupVersion(w, group.Name, group.Versions[0].Name);
    }

    private static void GroupVersion(Utf8JsonWriter w, string group, string version)
    {
        w.WriteStartObject();
        w.WriteString("groupVersion", group + "/" + version);
        w.WriteString("version", version);
        w.WriteEndObject();
    }

    private static byte[] Resources(DirectoryVersion version) => Write(w =>
    {
        w.WriteStartObject();
        w.WriteString("kind", "APIResourceList");
        w.WriteString("apiVersion", "v1");
        w.WriteString("groupVersion", version.Resources[0].ApiVersion);
        w.WriteStartArray("resources");
        foreach (var resource in version.Resources)
        {
            Resource(w, resource);
            foreach (var sub in resource.Subresources)
            {
                Subresource(w, resource, sub);
            }
        }

        w.WriteEndArray();
        w.WriteEndObject();
    });

    private static void Resource(Utf8JsonWriter w, ResourceInfo resource)
    {
        w.WriteStartObject();
        w.WriteString("name", resource.Plural);
        w.WriteString("singularName", resource.Singular);
        w.WriteBoolean("namespaced", resource.Namespaced);
        w.WriteString("kind", resource.Kind);
        Strings(w, "verbs", resource.Verbs, true);
        Strings(w, "shortNames", resource.ShortNames, false);
        Strings(w, "categories", resource.Categories, false);
        if (resource.HasVerb("get"))
        {
            // Eight bytes that tell storage versions apart, as upstream hashes group/version/kind.
            w.WriteString("storageVersionHash", Convert.ToBase64String(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes($"{resource.Group}/{resource.Version}/{resource.Kind}")).AsSpan(0, 8)));
        }

        w.WriteEndObject();
    }

    private static void Subresource(Utf8JsonWriter w, ResourceInfo resource, SubresourceInfo sub)
    {
        w.WriteStartObject();
        w.WriteString("name", resource.Plural + "/" + sub.Name);
        w.WriteString("singularName", "");
        w.WriteBoolean("namespaced", resource.Namespaced);
        if (sub.Group != resource.Group || sub.Version != resource.Version)
        {
            if (sub.Group.Length > 0)
            {
                w.WriteString("group", sub.Group);
            }

            w.WriteString("version", sub.Version);
        }

        w.WriteString("kind", sub.Kind);
        Strings(w, "verbs", sub.Verbs, true);
        w.WriteEndObject();
    }

    internal static void Strings(Utf8JsonWriter w, string name, IReadOnlyList<string> values, bool always)
    {
        if (values.Count == 0 && !always)
        {
            return;
        }

        w.WriteStartArray(name);
        foreach (var value in values)
        {
            w.WriteStringValue(value);
        }

        w.WriteEndArray();
    }

    internal static byte[] Write(Action<Utf8JsonWriter> write)
    {
        var output = new ArrayBufferWriter<byte>(4096);
        using (var writer = KubeJson.Writer(output))
        {
            write(writer);
        }

        return output.WrittenSpan.ToArray();
    }
}
