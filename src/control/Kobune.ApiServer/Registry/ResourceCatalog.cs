using System.Collections.Concurrent;
using Kobune.Api;
using Kobune.Api.ApiExtensions.V1;
using Kobune.ApiServer.CustomResources;
using Kobune.ApiServer.CustomResources.Definitions;
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

    private readonly List<ResourceInfo> computedResources = [];
    private CustomDefinitions? definitions;

    /// <summary>Set before the first request: who asks conversion webhooks.</summary>
    public ConversionWebhooks? Conversions { get; set; }

    /// <summary>Counts the changes of what is served, for caches of discovery and OpenAPI.</summary>
    public int Revision => Definitions.Revision;

    /// <summary>The custom resources served now.</summary>
    public IReadOnlyList<ResourceInfo> Custom => computedResources.Count == 0 ? Definitions.Served : [.. computedResources, .. Definitions.Served];

    public CustomDefinitions Definitions => definitions ?? MakeDefinitions();

    /// <summary>The caches made so far.</summary>
    public IEnumerable<ResourceCache> Caches => caches.Values;

    /// <summary>The resource, or null when it is not served.</summary>
    public ServedResource? Find(string group, string version, string plural) =>
        served.TryGetValue((group, version, plural), out var found) ? found
            : FindBuiltIn(group, version, plural) ?? (group.Length > 0 ? Definitions.Find(group, version, plural) : null);

    public ServedResource? Find(ResourceInfo info) => Find(info.Group, info.Version, info.Plural);

    /// <summary>The answerer of a creation through a subresource ("serviceaccounts/token"), or null.</summary>
    public ICreateHandler? CreateHandler(string name) => createHandlers.Value.GetValueOrDefault(name);

    /// <summary>Other groups and versions under which the same stored objects are served.</summary>
    public IReadOnlyList<ServedResource> Equivalents(ServedResource resource)
    {
        if (resource.Custom is not null)
        {
            return Definitions.Definition(resource.Info.Plural + "." + resource.Info.Group) is { } definition ? [.. definition.Versions.Where(v => v.Info != resource.Info)] : [];
        }

        (string Group, string Version, string Plural)[] others = (resource.Info.Group, resource.Info.Plural) switch
        {
            ("" or "events.k8s.io", "events") => [("", "v1", "events"), ("events.k8s.io", "v1", "events")],
            ("autoscaling", "horizontalpodautoscalers") => [("autoscaling", "v1", "horizontalpodautoscalers"), ("autoscaling", "v2", "horizontalpodautoscalers")],
            _ => [],
        };
        return [.. others.Select(o => Find(o.Group, o.Version, o.Plural)).OfType<ServedResource>().Where(r => r.Info != resource.Info)];
    }

    /// <summary>Serves a resource whose objects are made on request. Called before the first request.</summary>
    public void AddComputed(ResourceInfo info, IComputedResource computed)
    {
        served[(info.Group, info.Version, info.Plural)] = new ServedResource { Info = info, Storage = info, Computed = computed, Hooks = ResourceHooks.None };
        computedResources.Add(info);
    }

    /// <summary>Whether the resource comes and goes with a definition.</summary>
    public static bool IsBuiltIn(string group, string version, string plural) => ResourceInfo.Find(group, version, plural) is not null;

    private ServedResource? FindBuiltIn(string group, string version, string plural)
    {
        var info = ResourceInfo.Find(group, version, plural);
        return info is null ? null : served.GetOrAdd((group, version, plural), (_, i) => Build(i), info);
    }

    private ServedResource? Build(ResourceInfo info)
    {
        // What clients know but others serve (metrics) is served here only when somebody has added it.
        if (info.Verbs.Count == 0 || !ResourceInfo.BuiltIns.Contains(info))
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

    private CustomDefinitions MakeDefinitions()
    {
        var cache = Find(ResourceInfo.Of<CustomResourceDefinition>())!.Cache!;
        Interlocked.CompareExchange(ref definitions, new CustomDefinitions(store, cache, CustomCacheOf), null);
        return definitions;
    }

    /// <summary>A definition that changed starts its cache afresh: watchers list again and see what the new schema makes of the objects.</summary>
    private ResourceCache CustomCacheOf(ResourceInfo storage)
    {
        var cache = CacheOf(storage);
        cache.Redefine(storage);
        return cache;
    }

    private ResourceCache CacheOf(ResourceInfo storage)
    {
        var prefix = StoragePaths.PrefixOf(storage);
        return caches.GetOrAdd(prefix, (p, s) => new ResourceCache(s, p, hub, store), storage);
    }
}
