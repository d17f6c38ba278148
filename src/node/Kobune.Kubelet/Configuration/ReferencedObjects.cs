using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.Client;
using Microsoft.Extensions.Logging;

namespace Kobune.Kubelet.Configuration;

/// <summary>
/// ConfigMaps and Secrets that Pods of this node refer to, each read once and then watched by name — a node may not list them —
/// for as long as a Pod refers to it. <see cref="Changed"/> tells which object moved, so that volumes follow at once.
/// </summary>
internal sealed partial class ReferencedObjects(IKubeClient client, TimeProvider time, ILogger logger) : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<(string Kind, string Namespace, string Name), Entry> _entries = [];
    private readonly CancellationTokenSource _stop = new();

    /// <summary>Kind, namespace, name.</summary>
    public event Action<string, string, string>? Changed;

    public async Task<ConfigMap?> ConfigMapAsync(string ns, string name, CancellationToken cancellation) =>
        (ConfigMap?)await ReadAsync(ConfigMap.Info, ns, name, cancellation);

    public async Task<Secret?> SecretAsync(string ns, string name, CancellationToken cancellation) =>
        (Secret?)await ReadAsync(Secret.Info, ns, name, cancellation);

    /// <summary>Declares what a Pod refers to (watches begin), or with no references that it is gone.</summary>
    public void Refer(string podUid, IEnumerable<(ResourceInfo Resource, string Namespace, string Name)> references)
    {
        var wanted = references.ToDictionary(r => (r.Resource.Kind, r.Namespace, r.Name), r => r.Resource);
        lock (_lock)
        {
            foreach (var (key, entry) in _entries.ToArray())
            {
                if (!wanted.ContainsKey(key) && entry.Pods.Remove(podUid) && entry.Pods.Count == 0)
                {
                    _entries.Remove(key);
                    entry.Stop.Cancel();
                }
            }

            foreach (var (key, resource) in wanted)
            {
                if (!_entries.TryGetValue(key, out var entry))
                {
                    entry = new Entry(resource, key.Namespace, key.Name, CancellationTokenSource.CreateLinkedTokenSource(_stop.Token));
                    _entries[key] = entry;
                    entry.Loop = WatchAsync(entry);
                }

                entry.Pods.Add(podUid);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        Task[] loops;
        lock (_lock)
        {
            loops = [.. _entries.Values.Select(e => e.Loop)];
        }

        await Task.WhenAll(loops);
    }

    private async Task<KubeObject?> ReadAsync(ResourceInfo resource, string ns, string name, CancellationToken cancellation)
    {
        Entry? entry;
        lock (_lock)
        {
            _entries.TryGetValue((resource.Kind, ns, name), out entry);
        }

        if (entry is null || entry.First.Task.IsFaulted)
        {
            return await GetAsync(resource, ns, name, cancellation);
        }

        await entry.First.Task.WaitAsync(cancellation);
        return entry.Current;
    }

    private async Task<KubeObject?> GetAsync(ResourceInfo resource, string ns, string name, CancellationToken cancellation)
    {
        try
        {
            return await client.GetAsync(resource, ns, name, cancellation);
        }
        catch (KubeStatusException e) when (e.Status.Code == 404)
        {
            return null;
        }
    }

    private async Task WatchAsync(Entry entry)
    {
        var token = entry.Stop.Token;
        var delay = TimeSpan.FromMilliseconds(200);
        while (!token.IsCancellationRequested)
        {
            try
            {
                var page = await client.ListAsync(entry.Resource, entry.Namespace, new ListOptions { FieldSelector = "metadata.name=" + entry.Name }, token);
                Publish(entry, page.Items.Count > 0 ? page.Items[0] : null);
                var options = new WatchOptions { FieldSelector = "metadata.name=" + entry.Name, ResourceVersion = page.Metadata.ResourceVersion };
                await foreach (var change in client.WatchAsync(entry.Resource, entry.Namespace, options, token))
                {
                    delay = TimeSpan.FromMilliseconds(200);
                    if (change.Type != WatchEventType.Bookmark)
                    {
                        Publish(entry, change.Type == WatchEventType.Deleted ? null : change.Object);
                    }
                }
            }
            catch (OperationCanceledException) when (token.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                LogWatchFailed(logger, entry.Resource.Kind, entry.Namespace, entry.Name, e.Message);
                entry.First.TrySetException(e);
                // Observed here, so that a failure nobody waits for is not reported as unobserved.
                _ = entry.First.Task.Exception;
            }

            try
            {
                await Task.Delay(delay, time, token);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            delay = delay * 2 < TimeSpan.FromSeconds(30) ? delay * 2 : TimeSpan.FromSeconds(30);
        }
    }

    private void Publish(Entry entry, KubeObject? current)
    {
        var before = entry.Current;
        entry.Current = current;
        if (!entry.First.TrySetResult())
        {
            if (entry.First.Task.IsFaulted)
            {
                entry.First = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                entry.First.SetResult();
            }
        }

        if (before?.Metadata.ResourceVersion != current?.Metadata.ResourceVersion)
        {
            Changed?.Invoke(entry.Resource.Kind, entry.Namespace, entry.Name);
        }
    }

    private sealed class Entry(ResourceInfo resource, string ns, string name, CancellationTokenSource stop)
    {
        private volatile KubeObject? _current;

        public ResourceInfo Resource { get; } = resource;
        public string Namespace { get; } = ns;
        public string Name { get; } = name;
        public CancellationTokenSource Stop { get; } = stop;
        public HashSet<string> Pods { get; } = [];
        public TaskCompletionSource First { get; set; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
        public Task Loop { get; set; } = Task.CompletedTask;

        public KubeObject? Current
        {
            get => _current;
            set => _current = value;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Watch of {Kind} {Namespace}/{Name} failed: {Reason}")]
    private static partial void LogWatchFailed(ILogger logger, string kind, string @namespace, string name, string reason);
}
