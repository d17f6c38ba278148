using Kobune.Api;
using Kobune.Api.ApiExtensions.V1;
using Kobune.Runtime;

namespace Kobune.Controllers.Resources;

/// <summary>
/// The resources that exist, each in one version: the built-in ones and those of established CustomResourceDefinitions.
/// For the controllers that act on whatever kind.
/// </summary>
internal sealed class ResourceCatalog
{
    // Both are other views of, or beside, what is garbage-collected: events are too many and own nothing.
    private static readonly HashSet<(string Group, string Plural)> Ignored = [("", "events"), ("events.k8s.io", "events")];

    private readonly Lock _gate = new();
    private readonly Dictionary<(string Group, string Kind), ResourceInfo> _byKind = [];
    private readonly Dictionary<string, ResourceInfo> _custom = [];
    private Action<ResourceInfo>[] _added = [];
    private Action<ResourceInfo>[] _removed = [];

    public ResourceCatalog(InformerFactory informers)
    {
        foreach (var resource in ResourceInfo.BuiltIns.Where(r => IsObject(r)))
        {
            // The first version in discovery order is the preferred one.
            _byKind.TryAdd((resource.Group, resource.Kind), resource);
        }

        var definitions = informers.Get<CustomResourceDefinition>();
        Synced = definitions.Synced;
        definitions.AddHandler(OnDefinition);
    }

    /// <summary>Completes when the custom resources are known too.</summary>
    public Task Synced { get; }

    public IReadOnlyList<ResourceInfo> All
    {
        get
        {
            lock (_gate)
            {
                return [.. _byKind.Values];
            }
        }
    }

    /// <summary>Whether the garbage collector follows the resource.</summary>
    public static bool IsCollected(ResourceInfo resource) => !Ignored.Contains((resource.Group, resource.Plural));

    public ResourceInfo? Find(string apiVersion, string kind)
    {
        var slash = apiVersion.IndexOf('/', StringComparison.Ordinal);
        lock (_gate)
        {
            return _byKind.GetValueOrDefault((slash < 0 ? "" : apiVersion[..slash], kind));
        }
    }

    /// <summary>Hears of every resource, those that exist already included.</summary>
    public void Subscribe(Action<ResourceInfo> added, Action<ResourceInfo> removed)
    {
        List<ResourceInfo> present;
        lock (_gate)
        {
            _added = [.. _added, added];
            _removed = [.. _removed, removed];
            present = [.. _byKind.Values];
        }

        present.ForEach(added);
    }

    private static bool IsObject(ResourceInfo resource) => resource.HasVerb("list") && resource.HasVerb("watch") && resource.HasVerb("delete");

    private void OnDefinition(InformerEvent<CustomResourceDefinition> change)
    {
        var definition = change.Object;
        var established = change.Type != InformerEventType.Deleted && definition.Status.Conditions.Any(c => c is { Type: "Established", Status: "True" });
        var resource = established ? CustomResources.Preferred(definition) : null;
        ResourceInfo? old;
        Action<ResourceInfo>[] added, removed;
        lock (_gate)
        {
            (added, removed) = (_added, _removed);
            _custom.Remove(definition.Metadata.Name, out old);
            if (old is not null && resource is not null && old.Version == resource.Version)
            {
                _custom[definition.Metadata.Name] = old;
                return;
            }

            if (old is not null)
            {
                _byKind.Remove((old.Group, old.Kind));
            }

            if (resource is not null)
            {
                _custom[definition.Metadata.Name] = resource;
                _byKind[(resource.Group, resource.Kind)] = resource;
            }
        }

        Tell(removed, old);
        Tell(added, resource);
    }

    private static void Tell(Action<ResourceInfo>[] handlers, ResourceInfo? resource)
    {
        if (resource is null)
        {
            return;
        }

        foreach (var handler in handlers)
        {
            handler(resource);
        }
    }
}
