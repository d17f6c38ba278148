using Kobune.Api;
using Kobune.Client;
using Kobune.Store;

namespace Kobune.ApiServer.Registry;

/// <summary>
/// The current state and the recent history of one stored resource. It is filled on first use; from then on the
/// <see cref="WatchHub"/> feeds it. Readers never block: they take the immutable snapshot.
/// </summary>
internal sealed class ResourceCache(ResourceInfo resource, string prefix, WatchHub hub, IStore store)
{
    private volatile ResourceInfo storage = resource;
    private readonly Lock sync = new();
    private volatile State? state;
    private List<StoreEvent>? pending;
    private Task? filling;

    public string Prefix => prefix;
    public ResourceInfo Storage => storage;
    /// <summary>How many objects there are; null before the first use.</summary>
    public int? Count => state?.Items.Count;

    /// <summary>The objects known now; null while the cache is not filled.</summary>
    public KeyOrderedSnapshot? Items => state?.Items;
    /// <summary>Fires after every batch with events of this resource, and when the cache is thrown away.</summary>
    public AsyncSignal Changed { get; } = new();

    /// <summary>Snapshot and log belong together: a refill after a lost watch makes both new, and watchers of the old log end.</summary>
    internal sealed record State(KeyOrderedSnapshot Items, long Revision, EventLog Log);

    /// <summary>A snapshot with the revision that it is exact for.</summary>
    public async ValueTask<(State State, long Revision)> ReadAsync(long atLeast, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (state is null)
            {
                await FillAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
            }

            await hub.WaitForAsync(atLeast, cancellationToken).ConfigureAwait(false);
            // The order matters: nothing after `known` can be missing from a snapshot that is read later, and a snapshot
            // that is newer tells its own revision.
            var known = hub.Revision;
            if (state is { } current)
            {
                return (current, Math.Max(known, current.Revision));
            }
        }
    }

    /// <summary>Whether a log is still the live one.</summary>
    public bool IsLive(EventLog log) => state?.Log == log;

    private Task FillAsync()
    {
        lock (sync)
        {
            if (filling is null || (filling.IsCompleted && state is null))
            {
                pending = [];
                filling = FillFromStoreAsync(pending);
            }

            return filling;
        }
    }

    /// <param name="late">What the hub reports meanwhile. Another list in its place tells that the cache was reset, and this filling is void.</param>
    private async Task FillFromStoreAsync(List<StoreEvent> late)
    {
        hub.Attach(this);
        await hub.Started.ConfigureAwait(false);
        // A read before the hub's own position would miss what it has handed out before this cache was attached.
        var range = await store.RangeAsync(new RangeRequest(prefix, PrefixEnd(prefix))).ConfigureAwait(false);
        var items = new StoredObject[range.Items.Count];
        for (var i = 0; i < items.Length; i++)
        {
            var item = range.Items[i];
            items[i] = StoredObject.FromStore(storage, item.Key, item.ModRevision, item.Value.Span);
        }

        lock (sync)
        {
            if (pending != late)
            {
                return;
            }

            state = new State(KeyOrderedSnapshot.FromSorted(items), range.Revision, new EventLog(range.Revision));
            pending = null;
            ApplyLocked(late);
        }
    }

    /// <summary>Called by the hub, in revision order, from one thread.</summary>
    public void Apply(List<StoreEvent> events)
    {
        lock (sync)
        {
            if (pending is not null)
            {
                pending.AddRange(events);
                return;
            }

            ApplyLocked(events);
        }

        Changed.Set();
    }

    /// <summary>From here on objects are those of another description of the resource.</summary>
    public void Redefine(ResourceInfo other)
    {
        if (storage != other)
        {
            storage = other;
            Reset();
        }
    }

    /// <summary>Forgets everything; watchers end, the next reader fills anew.</summary>
    public void Reset()
    {
        lock (sync)
        {
            state = null;
            filling = null;
            pending = null;
        }

        Changed.Set();
    }

    private void ApplyLocked(List<StoreEvent> events)
    {
        if (state is not { } current || events.Count == 0)
        {
            return;
        }

        var items = current.Items;
        var revision = current.Revision;
        var log = new CacheEvent[events.Count];
        var count = 0;
        foreach (var change in events)
        {
            if (change.Revision <= current.Revision)
            {
                continue;
            }

            revision = change.Revision;
            var previous = items.Find(change.Key);
            if (change.IsDelete)
            {
                if (previous is null)
                {
                    continue;
                }

                items = items.Remove(change.Key);
                log[count++] = new CacheEvent(WatchEventType.Deleted, revision, previous.At(revision), previous);
                continue;
            }

            var item = StoredObject.FromStore(storage, change.Key, change.Revision, change.Value!.Value.Span);
            items = items.Put(item);
            log[count++] = new CacheEvent(previous is null ? WatchEventType.Added : WatchEventType.Modified, revision, item, previous);
        }

        current.Log.Append(log.AsSpan(0, count));
        state = current with { Items = items, Revision = revision };
    }

    /// <summary>The first key after all keys with the prefix (which ends in a slash).</summary>
    internal static string PrefixEnd(string prefix) => string.Concat(prefix.AsSpan(0, prefix.Length - 1), "0");
}
