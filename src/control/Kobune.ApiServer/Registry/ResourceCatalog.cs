using System.Collections.Concurrent;
using Kobune.Api;
using Kobune.ApiServer.Registry.Conversion;
using Kobune.ApiServer.Resources;
using Kobune.Store;

namespace Kobune.ApiServer.Registry;

/// <summary>Which resources are served. Built-in ones are made on first use; custom ones come and go.</summary>
internal sealed class ResourceCatalog(WatchHub hub, IStore store, Func<Dictionary<string, IResourceHooks>> hooks, Func<Dictionary<string, ICreateHandler>> createHandlers)
{
    private readonly ConcurrentDictionary<(string Group, string Version, string Plural), ServedResource?> served = new();
    private readonly ConcurrentDictionary<string, ResourceCache> caches = new(StringComparer.Ordinal);
    private readonly Lazy<Dictionary<string, IResourceHooks>> hooks = new(hooks);
    private readonly Lazy<Dictionary<string, ICreateHandler>> createHandlers = new(createHandlers);

    private readonly ConcurrentDictionary<(string Group, string Version, string Plural), ResourceInfo> custom = new();
    private int revision;

    /// <summary>Counts the changes of what is served, for caches of discovery and OpenAPI.</summary>
    public int Revision => Volatile.Read(ref revision);

    /// <summary>The custom resources served now.</summary>
    public IReadOnlyCollection<ResourceInfo> Custom => [.. custom.Values.OrderBy(r => r.Group, StringComparer.Ordinal)];

    /// <summary>The caches made so far.</summary>
    public IEnumerable<ResourceCache> Caches => caches.Values;

    /// <summary>The resource, or null when it is not served.</summary>
    public ServedResource? Find(string group, string version, string plural) =>
        served.TryGetValue((group, version, plural), out var found) ? found : FindBuiltIn(group, version, plural);

    public ServedResource? Find(ResourceInfo info) => Find(info.Group, info.Version, info.Plural);

    /// <summary>The answerer of a creation through a subresource ("serviceaccounts/token"), or null.</summary>
    public ICreateHandler? CreateHandler(string name) => createHandlers.Value.GetValueOrDefault(name);

    /// <summary>Serves a custom resource (one call per version); the last call wins.</summary>
    public void Add(ResourceInfo info, ResourceInfo storage, IResourceHooks resourceHooks, IVersionConverter? converter, bool hasStatus)
    {
        served[(info.Group, info.Version, info.Plural)] = new ServedResource
        {
            Info = info,
            Storage = storage,
            Cache = CacheOf(storage),
            Hooks = resourceHooks,
            Converter = converter,
            HasStatus = hasStatus,
            HasGeneration = true,
            IsCustom = true,
        };
        custom[(info.Group, info.Version, info.Plural)] = info;
        Interlocked.Increment(ref revision);
    }

    public void Remove(string group, string version, string plural)
    {
        served.TryRemove((group, version, plural), out _);
        custom.TryRemove((group, version, plural), out _);
        Interlocked.Increment(ref revision);
    }

    private ServedResource? FindBuiltIn(string group, string version, string plural)
    {
        var info = ResourceInfo.Find(group, version, plural);
        return info is null ? null : served.GetOrAdd((group, version, plural), (_, i) => Build(i), info);
    }

    private ServedResource? Build(ResourceInfo info)
    {
        if (info.Verbs.Count == 0)
        {
            return null;
        }

        var (storage, converter) = StorageVersions.Of(info);
        return new ServedResource
        {
            Info = info,
            Storage = storage,
            Cache = info.HasVerb("get") ? CacheOf(storage) : null,
            Hooks = hooks.Value.GetValueOrDefault(info.QualifiedPlural) ?? hooks.Value.GetValueOrDefault(storage.QualifiedPlural) ?? ResourceHooks.None,
            Converter = converter,
            CreateHandler = CreateHandler(info.QualifiedPlural),
            HasStatus = info.Subresource("status") is not null,
            HasGeneration = Generations.Count(info),
        };
    }

    private ResourceCache CacheOf(ResourceInfo storage)
    {
        var prefix = StoragePaths.PrefixOf(storage);
        return caches.GetOrAdd(prefix, (p, s) => new ResourceCache(s, p, hub, store), storage);
    }
}
