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

    /// <summary>v2 before v1 before v1beta1 before v1alpha1; anything else by name.</summary>
    private sealed class VersionOrder : IComparer<string>
    {
        public static readonly VersionOrder Instance = new();

        public int Compare(string? x, string? y)
        {
            var a = Rank(x!);
            var b = Rank(y!);
            return a == b ? string.CompareOrdinal(y, x) : a.CompareTo(b);
        }

        private static (int Stability, int Major, int Minor) Rank(string version)
        {
            if (version.Length < 2 || version[0] != 'v')
            {
                return (-1, 0, 0);
            }

            var at = 1;
            var major = Number(version, ref at);
            if (at == version.Length)
            {
                return (2, major, 0);
            }

            var (stability, length) = version.AsSpan(at).StartsWith("beta") ? (1, 4) : version.AsSpan(at).StartsWith("alpha") ? (0, 5) : (-1, 0);
            at += length;
            return (stability, major, Number(version, ref at));
        }

        private static int Number(string text, ref int at)
        {
            var start = at;
            while (at < text.Length && char.IsAsciiDigit(text[at]))
            {
                at++;
            }

            return int.TryParse(text.AsSpan(start, at - start), System.Globalization.CultureInfo.InvariantCulture, out var value) ? value : 0;
        }
    }
}
