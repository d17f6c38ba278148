using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.Api.Meta.V1;
using Kobune.Client;
using WatchEvent = Kobune.Client.WatchEvent;

namespace Kobune.Scheduler.Tests;

/// <summary>As much of an API as the scheduler needs: objects with versions, watches, bindings, status patches.</summary>
internal sealed class MemoryApi : IKubeClient
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(string Plural, string Key), KubeObject> _objects = [];
    private readonly List<(ResourceInfo Resource, Channel<WatchEvent> Events)> _watches = [];
    private readonly List<(ResourceInfo Resource, WatchEvent Event)> _log = [];
    private long _version;

    public ConcurrentQueue<string> Writes { get; } = new();

    public T Put<T>(T obj) where T : KubeObject, IKubeKind<T> => (T)Store(T.Info, obj, WatchEventType.Added);

    public T Get<T>(string ns, string name) where T : KubeObject, IKubeKind<T>
    {
        lock (_gate)
        {
            return (T)_objects[(T.Info.Plural, Key(ns, name))];
        }
    }

    public Task<KubeObject> GetAsync(ResourceInfo resource, string? ns, string name, CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            return _objects.TryGetValue((resource.Plural, Key(ns, name)), out var obj) ? Task.FromResult(obj) : throw StatusErrors.NotFound(resource, name);
        }
    }

    public Task<ObjectList> ListAsync(ResourceInfo resource, string? ns, ListOptions? options = null, CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            var items = _objects.Where(o => o.Key.Plural == resource.Plural && (ns is null || o.Value.Namespace == ns)).Select(o => o.Value).ToList();
            return Task.FromResult(new ObjectList(items, new ListMeta { ResourceVersion = _version.ToString(CultureInfo.InvariantCulture) }));
        }
    }

    public IAsyncEnumerable<WatchEvent> WatchAsync(ResourceInfo resource, string? ns, WatchOptions? options = null, CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            var channel = Channel.CreateUnbounded<WatchEvent>();
            if (options?.ResourceVersion is { Length: > 0 } from)
            {
                // What happened between the list and this watch; every write has one version, so the log's index is the version.
                foreach (var (_, missed) in _log.Skip(int.Parse(from, CultureInfo.InvariantCulture)).Where(e => e.Resource == resource))
                {
                    channel.Writer.TryWrite(missed);
                }
            }

            _watches.Add((resource, channel));
            return channel.Reader.ReadAllAsync(cancellationToken);
        }
    }

    public Task<KubeObject> CreateAsync(ResourceInfo resource, KubeObject obj, WriteOptions? options = null, CancellationToken cancellationToken = default)
    {
        Writes.Enqueue($"create {resource.Plural} {obj.Name}");
        return Task.FromResult(Store(resource, obj, WatchEventType.Added));
    }

    public Task<KubeObject> CreateSubresourceAsync(ResourceInfo resource, string? ns, string name, string subresource, KubeObject body, WriteOptions? options = null, CancellationToken cancellationToken = default)
    {
        Writes.Enqueue($"{subresource} {name}");
        lock (_gate)
        {
            var pod = ((Pod)_objects[(resource.Plural, Key(ns, name))]).Clone();
            pod.Spec.NodeName = ((Api.Core.V1.Binding)body).Target.Name;
            Store(resource, pod, WatchEventType.Modified);
            return Task.FromResult(body);
        }
    }

    public Task<KubeObject> UpdateAsync(ResourceInfo resource, KubeObject obj, WriteOptions? options = null, CancellationToken cancellationToken = default) =>
        Task.FromResult(Store(resource, obj, WatchEventType.Modified));

    public Task<KubeObject> PatchAsync(ResourceInfo resource, string? ns, string name, Patch patch, WriteOptions? options = null, CancellationToken cancellationToken = default)
    {
        Writes.Enqueue($"patch {resource.Plural} {name}");
        lock (_gate)
        {
            var obj = _objects[(resource.Plural, Key(ns, name))];
            var node = JsonNode.Parse(KubeJson.Write(obj))!.AsObject();
            foreach (var (section, fields) in JsonNode.Parse(patch.Body.Span)!.AsObject())
            {
                var target = node[section] as JsonObject;
                foreach (var (field, value) in fields is JsonObject o ? o.ToList() : [])
                {
                    (target ??= (JsonObject)(node[section] = new JsonObject()))[field] = value?.DeepClone();
                }
            }

            return Task.FromResult(Store(resource, KubeJson.Read(resource, System.Text.Encoding.UTF8.GetBytes(node.ToJsonString())), WatchEventType.Modified));
        }
    }

    public Task<KubeObject?> DeleteAsync(ResourceInfo resource, string? ns, string name, DeleteOptions? options = null, CancellationToken cancellationToken = default)
    {
        Writes.Enqueue($"delete {resource.Plural} {name}");
        lock (_gate)
        {
            if (_objects.Remove((resource.Plural, Key(ns, name)), out var obj))
            {
                Tell(resource, WatchEventType.Deleted, obj.DeepClone());
            }

            return Task.FromResult(obj);
        }
    }

    public Task DeleteCollectionAsync(ResourceInfo resource, string ns, ListOptions? selection = null, DeleteOptions? options = null, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    private KubeObject Store(ResourceInfo resource, KubeObject obj, WatchEventType type)
    {
        lock (_gate)
        {
            var stored = obj.DeepClone();
            stored.Metadata.Uid = stored.Metadata.Uid.Length > 0 ? stored.Metadata.Uid : stored.Metadata.Name;
            _objects[(resource.Plural, stored.Key)] = stored;
            Tell(resource, type, stored);
            return stored;
        }
    }

    private void Tell(ResourceInfo resource, WatchEventType type, KubeObject obj)
    {
        obj.Metadata.ResourceVersion = (++_version).ToString(CultureInfo.InvariantCulture);
        var change = new WatchEvent(type, obj);
        _log.Add((resource, change));
        foreach (var (watched, events) in _watches)
        {
            if (watched == resource)
            {
                events.Writer.TryWrite(change);
            }
        }
    }

    private static string Key(string? ns, string name) => string.IsNullOrEmpty(ns) ? name : ns + "/" + name;
}
