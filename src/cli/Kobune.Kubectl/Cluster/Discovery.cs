using System.Text.Json.Nodes;
using Kobune.Client.Http;
using Kobune.Kubectl.Output;

namespace Kobune.Kubectl.Cluster;

/// <summary>What the server says that it serves: two requests where it knows aggregated discovery, else one per group-version.</summary>
internal sealed class Discovery(ClusterSession cluster)
{
    /// <summary>All resources (without subresources), the preferred version of each group first.</summary>
    public async Task<IReadOnlyList<ResourceMapping>> ResourcesAsync(CancellationToken cancellation)
    {
        var core = cluster.GetAsync("/api", MediaTypes.AggregatedDiscovery, cancellation);
        var named = cluster.GetAsync("/apis", MediaTypes.AggregatedDiscovery, cancellation);
        var result = new List<ResourceMapping>();
        foreach (var document in new[] { await core.ConfigureAwait(false), await named.ConfigureAwait(false) })
        {
            if (document.Text("kind") == "APIGroupDiscoveryList")
            {
                result.AddRange(Aggregated(document));
            }
            else
            {
                foreach (var groupVersion in GroupVersions(document))
                {
                    result.AddRange(await LegacyAsync(groupVersion, cancellation).ConfigureAwait(false));
                }
            }
        }

        return result;
    }

    /// <summary>The group-versions in server order, as "v1" or "apps/v1".</summary>
    public async Task<IReadOnlyList<string>> GroupVersionsAsync(CancellationToken cancellation)
    {
        var core = await cluster.GetAsync("/api", MediaTypes.Json, cancellation).ConfigureAwait(false);
        var named = await cluster.GetAsync("/apis", MediaTypes.Json, cancellation).ConfigureAwait(false);
        return [.. GroupVersions(core), .. GroupVersions(named)];
    }

    private static IEnumerable<string> GroupVersions(JsonObject document) =>
        document.Text("kind") == "APIVersions"
            ? document.Items("versions").Select(v => v!.ToString())
            : document.Objects("groups").SelectMany(g => g.Objects("versions")).Select(v => v.Text("groupVersion"));

    private static IEnumerable<ResourceMapping> Aggregated(JsonObject document) =>
        from g in document.Objects("items")
        let @group = g.Text("metadata", "name")
        from v in g.Objects("versions")
        let version = v.Text("version")
        from r in v.Objects("resources")
        select new ResourceMapping(
            @group, version, r.Text("resource"),
            r.Text("singularResource") is { Length: > 0 } s ? s : r.Text("responseKind", "kind").ToLowerInvariant(),
            r.Text("responseKind", "kind"), r.Text("scope") == "Namespaced")
        {
            ShortNames = r.Strings("shortNames"),
            Categories = r.Strings("categories"),
            Verbs = r.Strings("verbs"),
        };

    private async Task<IEnumerable<ResourceMapping>> LegacyAsync(string groupVersion, CancellationToken cancellation)
    {
        var slash = groupVersion.IndexOf('/', StringComparison.Ordinal);
        var path = slash < 0 ? "/api/" + groupVersion : "/apis/" + groupVersion;
        var list = await cluster.GetAsync(path, MediaTypes.Json, cancellation).ConfigureAwait(false);
        return from r in list.Objects("resources")
               where !r.Text("name").Contains('/', StringComparison.Ordinal)
               select new ResourceMapping(
                   slash < 0 ? "" : groupVersion[..slash], slash < 0 ? groupVersion : groupVersion[(slash + 1)..], r.Text("name"),
                   r.Text("singularName") is { Length: > 0 } s ? s : r.Text("kind").ToLowerInvariant(),
                   r.Text("kind"), r.Bool("namespaced"))
               {
                   ShortNames = r.Strings("shortNames"),
                   Categories = r.Strings("categories"),
                   Verbs = r.Strings("verbs"),
               };
    }
}
