using Kobune.Api;
using Kobune.ApiServer.Registry;

namespace Kobune.ApiServer.Discovery;

/// <summary>A group with its versions, the preferred one first, and their resources.</summary>
internal sealed record DirectoryGroup(string Name, IReadOnlyList<DirectoryVersion> Versions);

internal sealed record DirectoryVersion(string Name, IReadOnlyList<ResourceInfo> Resources);

/// <summary>The groups, versions and resources served now, in discovery order. Made anew when custom resources change.</summary>
internal sealed class ResourceDirectory(ResourceCatalog catalog)
{
    private volatile Snapshot? snapshot;

    internal sealed record Snapshot(int Revision, IReadOnlyList<DirectoryGroup> Groups);

    public Snapshot Current
    {
        get
        {
            var revision = catalog.Revision;
            return snapshot is { } current && current.Revision == revision ? current : snapshot = new Snapshot(revision, Build());
        }
    }

    private List<DirectoryGroup> Build()
    {
        var groups = new List<DirectoryGroup>();
        foreach (var group in ResourceInfo.BuiltIns.Concat(catalog.Custom).Where(r => r.Verbs.Count > 0).GroupBy(r => r.Group, StringComparer.Ordinal))
        {
            var versions = group.GroupBy(r => r.Version, StringComparer.Ordinal)
                .Select(v => new DirectoryVersion(v.Key, [.. v.OrderBy(r => r.Plural, StringComparer.Ordinal)]))
                .OrderByDescending(v => v.Name, VersionOrder.Instance);
            groups.Add(new DirectoryGroup(group.Key, [.. versions]));
        }

        return groups;
    }
}
