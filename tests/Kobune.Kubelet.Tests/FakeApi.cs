using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Kobune.Api;
using Kobune.Api.Authentication.V1;
using Kobune.Api.Core.V1;
using Kobune.Api.Meta.V1;
using Kobune.Client;
using WatchEvent = Kobune.Client.WatchEvent;

namespace Kobune.Kubelet.Tests;

/// <summary>Just enough of an API server for a kubelet: objects in memory, watches, graceful deletion of Pods, tokens.</summary>
internal sealed class FakeApi(TimeProvider time) : IKubeClient
{
    private readonly Lock _lock = new();
    private readonly Dictionary<(string Plural, string Namespace, string Name), KubeObject> _objects = [];
    private readonly List<(ResourceInfo Resource, string? Namespace, string? Selector, Channel<WatchEvent> Channel)> _watchers = [];
    private long _revision = 100;
    private int _ids;

    /// <summary>Statuses of Pods in the order in which they were written.</summary>
    public List<Pod> StatusWrites { get; } = [];

    public IReadOnlyList<T> All<T>()
        where T : KubeObject
    {
        lock (_lock)
        {
            return [.. _objects.Values.OfType<T>()];
        }
    }

    public IReadOnlyList<string> Events(string pod) =>
        [.. All<Event>().Where(e => e.InvolvedObject.Name == pod).OrderBy(e => long.Parse(e.Metadata.ResourceVersion)).Select(e => $"{e.Type} {e.Reason} {e.Message}")];

    public Pod? Pod(string name)
    {
        lock (_lock)
        {
            return (Pod?)_objects.GetValueOrDefault(("pods", "default", name));
        }
    }

    public T Put<T>(T obj)
        where T : KubeObject
    {
        lock (_lock)
        {
            var copy = (T)obj.DeepClone();
            if (copy.Metadata.Uid.Length == 0)
            {
                copy.Metadata.Uid = $"{Interlocked.Increment(ref _ids):x8}-0000-4000-8000-{Environment.ProcessId:x12}";
                copy.Metadata.CreationTimestamp = time.GetUtcNow();
                copy.Metadata.Generation = 1;
            }

            var key = (copy.Resource.Plural, copy.Metadata.Namespace, copy.Metadata.Name);
            var known = _objects.ContainsKey(key);
            copy.Metadata.ResourceVersion = (++_revision).ToString();
            _objects[key] = copy;
            Tell(known ? WatchEventType.Modified : WatchEventType.Added, copy);
            return copy;
        }
    }

    /// <summary>What `kubectl delete pod` does.</summary>
    public void DeletePod(string name, long? grace = null)
    {
        lock (_lock)
        {
            var pod = Pod(name)!.Clone();
            var seconds = grace ?? pod.Spec.TerminationGracePeriodSeconds ?? 30;
            if (seconds == 0)
            {
                Remove(pod);
                return;
            }

            pod.Metadata.DeletionTimestamp = time.GetUtcNow().AddSeconds(seconds);
            pod.Metadata.DeletionGracePeriodSeconds = seconds;
            Put(pod);
        }
    }

    public Task<KubeObject> GetAsync(ResourceInfo resource, string? ns, string name, CancellationToken cancellationToken = default)
    {
        lock (_lock)
        {
            return _objects.TryGetValue((resource.Plural, ns ?? "", name), out var found) ? Task.FromResult(found) : throw Error(404, $"{resource.Plural} \"{name}\" not found");
        }
    }

    public Task<ObjectList> ListAsync(ResourceInfo resource, string? ns, ListOptions? options = null, CancellationToken cancellationToken = default)
    {
        lock (_lock)
        {
            var items = _objects.Values.Where(o => o.Resource.Plural == resource.Plural && Matches(o, ns, options?.FieldSelector)).ToArray();
            return Task.FromResult(new ObjectList(items, new ListMeta { ResourceVersion = _revision.ToString() }));
        }
    }

    public async IAsyncEnumerable<WatchEvent> WatchAsync(
        ResourceInfo resource, string? ns, WatchOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var channel = Channel.CreateUnbounded<WatchEvent>();
        lock (_lock)
        {
            // What happened between the list and the watch.
            var since = long.Parse(options?.ResourceVersion ?? "0");
            foreach (var missed in _objects.Values.Where(o => o.Resource.Plural == resource.Plural && Matches(o, ns, options?.FieldSelector) && long.Parse(o.Metadata.ResourceVersion) > since))
            {
                channel.Writer.TryWrite(new WatchEvent(WatchEventType.Modified, missed));
            }

            _watchers.Add((resource, ns, options?.FieldSelector, channel));
        }

        await foreach (var e in channel.Reader.ReadAllAsync(cancellationToken))
        {
            yield return e;
        }
    }

    public Task<KubeObject> CreateAsync(ResourceInfo resource, KubeObject obj, WriteOptions? options = null, CancellationToken cancellationToken = default)
    {
        lock (_lock)
        {
            var copy = obj.DeepClone();
            if (copy.Metadata.Name.Length == 0)
            {
                copy.Metadata.Name = copy.Metadata.GenerateName + Interlocked.Increment(ref _ids);
            }

            return _objects.ContainsKey((resource.Plural, copy.Metadata.Namespace, copy.Metadata.Name)) ? throw Error(409, "exists") : Task.FromResult<KubeObject>(Put(copy));
        }
    }

    public Task<KubeObject> CreateSubresourceAsync(
        ResourceInfo resource, string? ns, string name, string subresource, KubeObject body, WriteOptions? options = null, CancellationToken cancellationToken = default)
    {
        var request = (TokenRequest)body.DeepClone();
        request.Status = new TokenRequestStatus { Token = $"token-of-{name}", ExpirationTimestamp = time.GetUtcNow().AddSeconds(request.Spec.ExpirationSeconds ?? 3600) };
        return Task.FromResult<KubeObject>(request);
    }

    public Task<KubeObject> UpdateAsync(ResourceInfo resource, KubeObject obj, WriteOptions? options = null, CancellationToken cancellationToken = default)
    {
        lock (_lock)
        {
            var key = (resource.Plural, obj.Metadata.Namespace, obj.Metadata.Name);
            if (!_objects.TryGetValue(key, out var stored))
            {
                throw Error(404, "not found");
            }

            if (obj.Metadata.ResourceVersion.Length > 0 && obj.Metadata.ResourceVersion != stored.Metadata.ResourceVersion)
            {
                throw Error(409, "the object has been modified");
            }

            var result = Put(obj);
            if (options?.Subresource == "status" && result is Pod pod)
            {
                StatusWrites.Add(pod);
            }

            return Task.FromResult<KubeObject>(result);
        }
    }

    public Task<KubeObject> PatchAsync(ResourceInfo resource, string? ns, string name, Patch patch, WriteOptions? options = null, CancellationToken cancellationToken = default)
    {
        // The event recorder patches counts; nothing here reads them.
        lock (_lock)
        {
            return Task.FromResult(_objects[(resource.Plural, ns ?? "", name)]);
        }
    }

    public Task<KubeObject?> DeleteAsync(ResourceInfo resource, string? ns, string name, DeleteOptions? options = null, CancellationToken cancellationToken = default)
    {
        lock (_lock)
        {
            if (!_objects.TryGetValue((resource.Plural, ns ?? "", name), out var stored))
            {
                throw Error(404, "not found");
            }

            if (options?.Preconditions?.Uid is { } uid && uid != stored.Metadata.Uid)
            {
                throw Error(409, "uid");
            }

            Remove(stored);
            return Task.FromResult<KubeObject?>(stored);
        }
    }

    public Task DeleteCollectionAsync(ResourceInfo resource, string ns, ListOptions? selection = null, DeleteOptions? options = null, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    private void Remove(KubeObject obj)
    {
        _objects.Remove((obj.Resource.Plural, obj.Metadata.Namespace, obj.Metadata.Name));
        var last = obj.DeepClone();
        last.Metadata.ResourceVersion = (++_revision).ToString();
        Tell(WatchEventType.Deleted, last);
    }

    private void Tell(WatchEventType type, KubeObject obj)
    {
        foreach (var watcher in _watchers.Where(w => w.Resource.Plural == obj.Resource.Plural && Matches(obj, w.Namespace, w.Selector)))
        {
            watcher.Channel.Writer.TryWrite(new WatchEvent(type, obj));
        }
    }

    private static bool Matches(KubeObject obj, string? ns, string? selector)
    {
        if (ns is not null && obj.Metadata.Namespace != ns)
        {
            return false;
        }

        return selector?.Split('=', 2) switch
        {
            ["metadata.name", var name] => obj.Metadata.Name == name,
            ["spec.nodeName", var node] => obj is Pod pod && pod.Spec.NodeName == node,
            _ => true,
        };
    }

    private static KubeStatusException Error(int code, string message) => new(new Status { Code = code, Message = message, Reason = code == 404 ? "NotFound" : "Conflict" });
}
