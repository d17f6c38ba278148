using Kobune.Api;
using Kobune.Client;
using Kobune.Runtime;
using Microsoft.Extensions.Logging;

namespace Kobune.Controllers.Resources;

/// <summary>Hears of the objects of all resources.</summary>
internal interface IResourceListener
{
    void Saw(ResourceInfo resource, KubeObject obj);

    /// <summary>Deleted; the object is the last state seen, or null when it vanished while nobody watched.</summary>
    void Gone(ResourceInfo resource, ObjectKey key, string uid);
}

/// <summary>
/// Watches every resource in the catalogue on behalf of its listeners and keeps nothing of them but names and uids.
/// Resources that appear later (CRDs) are joined, those that disappear are dropped with all their objects.
/// </summary>
internal sealed class ResourceFeed(ResourceCatalog catalog, IKubeClient client, TimeProvider time, ILogger logger)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<ResourceInfo, Follower> _followers = [];
    private IResourceListener[] _listeners = [];
    private CancellationToken _running;

    public void AddListener(IResourceListener listener) => _listeners = [.. _listeners, listener];

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        _running = cancellationToken;
        await Task.Yield();
        catalog.Subscribe(Join, Drop);
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = cancellationToken.Register(() => stopped.TrySetResult());
        await stopped.Task;
        List<Task> ends;
        lock (_gate)
        {
            ends = [.. _followers.Values.Select(f => f.Run)];
        }

        await Task.WhenAll(ends);
    }

    /// <summary>Waits until everything that exists has been told to the listeners.</summary>
    public async Task WaitForSyncAsync(CancellationToken cancellationToken)
    {
        await catalog.Synced.WaitAsync(cancellationToken);
        List<Task> synced;
        lock (_gate)
        {
            synced = [.. _followers.Values.Select(f => f.Synced)];
        }

        await Task.WhenAll(synced).WaitAsync(cancellationToken);
    }

    private void Join(ResourceInfo resource)
    {
        if (!ResourceCatalog.IsCollected(resource))
        {
            return;
        }

        lock (_gate)
        {
            if (!_followers.ContainsKey(resource))
            {
                _followers[resource] = new Follower(this, resource, client, time, logger, _running);
            }
        }
    }

    private void Drop(ResourceInfo resource)
    {
        Follower? follower;
        lock (_gate)
        {
            _followers.Remove(resource, out follower);
        }

        follower?.Stop();
    }

    private sealed class Follower : IReflectorSink
    {
        private readonly ResourceFeed _feed;
        private readonly ResourceInfo _resource;
        private readonly Dictionary<ObjectKey, string> _uids = [];
        private readonly CancellationTokenSource _stop;
        private readonly Reflector _reflector;

        public Follower(ResourceFeed feed, ResourceInfo resource, IKubeClient client, TimeProvider time, ILogger logger, CancellationToken cancellationToken)
        {
            _feed = feed;
            _resource = resource;
            _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            _reflector = new Reflector(client, new Selection(resource), this, time, logger);
            Run = _reflector.RunAsync(_stop.Token);
        }

        public Task Run { get; }

        public Task Synced => _reflector.Synced;

        public void Stop()
        {
            _stop.Cancel();
            foreach (var key in _uids.Keys.ToList())
            {
                Forget(key);
            }
        }

        public void Replace(IReadOnlyList<KubeObject> items)
        {
            var gone = _uids.Keys.ToHashSet();
            foreach (var item in items)
            {
                gone.Remove(ObjectKey.Of(item));
                Saw(item);
            }

            foreach (var key in gone)
            {
                Forget(key);
            }
        }

        public void Apply(WatchEventType type, KubeObject obj)
        {
            if (type == WatchEventType.Deleted)
            {
                Forget(ObjectKey.Of(obj));
            }
            else
            {
                Saw(obj);
            }
        }

        private void Saw(KubeObject obj)
        {
            var key = ObjectKey.Of(obj);
            if (_uids.TryGetValue(key, out var uid) && uid != obj.Metadata.Uid)
            {
                Forget(key);
            }

            _uids[key] = obj.Metadata.Uid;
            foreach (var listener in _feed._listeners)
            {
                listener.Saw(_resource, obj);
            }
        }

        private void Forget(ObjectKey key)
        {
            if (_uids.Remove(key, out var uid))
            {
                foreach (var listener in _feed._listeners)
                {
                    listener.Gone(_resource, key, uid);
                }
            }
        }
    }
}
