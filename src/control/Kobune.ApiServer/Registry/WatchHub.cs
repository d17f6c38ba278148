using System.Collections.Concurrent;
using Kobune.Store;
using Microsoft.Extensions.Logging;

namespace Kobune.ApiServer.Registry;

/// <summary>
/// The one store watch of this server. It hands every change to the cache of its resource and knows up to which revision
/// all caches are complete. When the store cuts it off, all caches start afresh.
/// </summary>
internal sealed partial class WatchHub(IStore store, TimeProvider time, ILogger<WatchHub> logger)
{
    public const string Root = "/registry/";

    // Concurrent rather than locked: caches attach themselves under their own lock, which the dispatcher takes as well.
    private readonly ConcurrentDictionary<string, ResourceCache> caches = new(StringComparer.Ordinal);
    private readonly Dictionary<ResourceCache, List<StoreEvent>> batch = [];
    private readonly TaskCompletionSource started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly AsyncSignal progressed = new();
    private long revision;

    /// <summary>All caches are complete up to here.</summary>
    public long Revision => Volatile.Read(ref revision);

    public Task Started => started.Task;

    /// <summary>Completes once all caches know everything up to the revision.</summary>
    public async ValueTask WaitForAsync(long wanted, CancellationToken cancellationToken)
    {
        while (true)
        {
            var next = progressed.Next;
            if (Revision >= wanted)
            {
                return;
            }

            await next.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    public void Attach(ResourceCache cache) => caches[cache.Prefix] = cache;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                var start = await store.CurrentRevisionAsync(cancellationToken).ConfigureAwait(false);
                // Only now: what a cache reads from here on is at least as new as the watch's beginning, so nothing falls between.
                ResetAll();
                Volatile.Write(ref revision, start);
                progressed.Set();
                started.TrySetResult();
                await foreach (var change in store.WatchAsync(Root, start + 1, cancellationToken).ConfigureAwait(false))
                {
                    Dispatch(change);
                }
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                LogWatchLost(e);
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100), time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private void Dispatch(WatchBatch change)
    {
        foreach (var item in change.Events)
        {
            if (Owner(item.Key) is { } cache)
            {
                if (!batch.TryGetValue(cache, out var list))
                {
                    batch[cache] = list = [];
                }

                list.Add(item);
            }
        }

        foreach (var (cache, events) in batch)
        {
            if (events.Count > 0)
            {
                cache.Apply(events);
                events.Clear();
            }
        }

        Volatile.Write(ref revision, change.Revision);
        progressed.Set();
    }

    /// <summary>A resource's prefix is the key's first segment after the root, or its first two.</summary>
    private ResourceCache? Owner(string key)
    {
        var prefixes = caches.GetAlternateLookup<ReadOnlySpan<char>>();
        var first = key.IndexOf('/', Root.Length);
        if (first < 0)
        {
            return null;
        }

        if (prefixes.TryGetValue(key.AsSpan(0, first + 1), out var cache))
        {
            return cache;
        }

        var second = key.IndexOf('/', first + 1);
        return second >= 0 && prefixes.TryGetValue(key.AsSpan(0, second + 1), out cache) ? cache : null;
    }

    private void ResetAll()
    {
        foreach (var cache in caches.Values)
        {
            cache.Reset();
        }
    }

    [LoggerMessage(EventId = 3001, Level = LogLevel.Warning, Message = "The watch on the store ended; all caches start afresh.")]
    private partial void LogWatchLost(Exception exception);
}
