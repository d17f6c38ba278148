using Kobune.Api;
using Kobune.Api.ApiExtensions.V1;
using Kobune.ApiServer.Registry;
using Kobune.Store;

namespace Kobune.ApiServer.CustomResources.Definitions;

/// <summary>
/// The custom resources served now, derived from the cache of CustomResourceDefinitions whenever somebody looks: there is
/// no moment at which a client knows of a definition that requests do not.
/// </summary>
internal sealed class CustomDefinitions(IStore store, ResourceCache cache, Func<ResourceInfo, ResourceCache> cacheOf)
{
    private readonly Lock sync = new();
    private volatile Snapshot snapshot = new(null, new Dictionary<string, CustomDefinition>(StringComparer.Ordinal), [], 0);

    private sealed record Snapshot(KeyOrderedSnapshot? Items, Dictionary<string, CustomDefinition> ByName, IReadOnlyList<ResourceInfo> Served, int Revision);

    /// <summary>Fires when definitions change.</summary>
    public Task Changed => cache.Changed.Next;

    /// <summary>All definitions, served or not.</summary>
    public IReadOnlyCollection<CustomDefinition> All => Current.ByName.Values;

    /// <summary>Counts the changes of what is served.</summary>
    public int Revision => Current.Revision;

    /// <summary>Everything served, version by version.</summary>
    public IReadOnlyList<ResourceInfo> Served => Current.Served;

    public CustomDefinition? Definition(string name) => Current.ByName.GetValueOrDefault(name);

    public ServedResource? Find(string group, string version, string plural) =>
        Definition(plural + "." + group) is { Serves: true } definition ? definition.Version(version) : null;

    /// <summary>Waits until every acknowledged change of a definition is known.</summary>
    public async ValueTask FreshenAsync(CancellationToken cancellationToken)
    {
        var newest = await store.CurrentRevisionAsync(cancellationToken).ConfigureAwait(false);
        await cache.ReadAsync(newest, cancellationToken).ConfigureAwait(false);
    }

    private Snapshot Current
    {
        get
        {
            var current = snapshot;
            // While the cache is filled anew, the last state known stands in.
            return cache.Items is not { } items || current.Items == items ? current : Renew(items);
        }
    }

    private Snapshot Renew(KeyOrderedSnapshot items)
    {
        lock (sync)
        {
            var old = snapshot;
            if (old.Items == items)
            {
                return old;
            }

            var next = new Dictionary<string, CustomDefinition>(StringComparer.Ordinal);
            var changed = old.ByName.Count != items.Count;
            foreach (var item in items)
            {
                var known = old.ByName.GetValueOrDefault(item.Name);
                if (known is not null && (known.Source == item || CustomDefinition.SameServing(known.Definition, (CustomResourceDefinition)item.Object)))
                {
                    known.Source = item;
                    next[item.Name] = known;
                    continue;
                }

                changed = true;
                next[item.Name] = new CustomDefinition(item, cacheOf);
            }

            var served = changed ? ServedBy(next.Values) : old.Served;
            return snapshot = new Snapshot(items, next, served, changed ? old.Revision + 1 : old.Revision);
        }
    }

    private static List<ResourceInfo> ServedBy(IEnumerable<CustomDefinition> definitions) =>
        [.. definitions.Where(d => d.Serves).SelectMany(d => d.Versions).Select(v => v.Info).OrderBy(r => r.Group, StringComparer.Ordinal).ThenBy(r => r.Plural, StringComparer.Ordinal)];
}
