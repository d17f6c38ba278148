using Kobune.Api;
using Kobune.ApiServer.Registry.Selection;
using Kobune.Client;

namespace Kobune.ApiServer.Registry;

/// <summary>What a watcher gets: a change, or a bookmark (no object) that says how far it has seen everything.</summary>
internal readonly record struct WatchItem(WatchEventType Type, StoredObject? Object, long Revision, bool InitialEnd = false);

/// <summary>
/// One reader of a resource's event log. It holds nothing but a cursor; when the log overtakes it, or the cache is
/// filled anew, it ends with 410 and the client lists again.
/// </summary>
internal sealed class ResourceWatcher(TimeProvider time, WatchHub hub, ResourceCache cache, EventLog log, long cursor, ObjectSelection selection, string prefix)
{
    private const int BatchSize = 64;
    private static readonly TimeSpan BookmarkInterval = TimeSpan.FromSeconds(55);

    private readonly CacheEvent[] buffer = new CacheEvent[BatchSize];
    private long position = cursor;

    /// <summary>The state that the watch begins with, as ADDED events; selected with <see cref="Matches"/>.</summary>
    public required IEnumerable<StoredObject> Initial { get; init; }
    public required long InitialRevision { get; init; }
    /// <summary>Whether a bookmark closes the initial state.</summary>
    public required bool MarkInitialEnd { get; init; }

    public bool Matches(StoredObject item) => selection.Matches(item);

    /// <summary>
    /// Fills in what has happened since the last call; waits when nothing has. An otherwise silent minute gives a bookmark.
    /// </summary>
    /// <exception cref="KubeStatusException">410: too slow, or the history is gone.</exception>
    public async ValueTask ReadAsync(List<WatchItem> into, CancellationToken cancellationToken)
    {
        while (true)
        {
            var changed = cache.Changed.Next;
            // Read before the log: whatever the log then lacks is later than this.
            var complete = hub.Revision;
            var count = log.Read(ref position, buffer);
            if (count < 0)
            {
                throw StatusErrors.Expired("The resourceVersion for the provided watch is too old.");
            }

            for (var i = 0; i < count; i++)
            {
                Select(in buffer[i], into);
            }

            Array.Clear(buffer, 0, count);
            if (into.Count > 0)
            {
                return;
            }

            if (count > 0)
            {
                continue;
            }

            if (!cache.IsLive(log))
            {
                throw StatusErrors.Expired("The resourceVersion for the provided watch is too old.");
            }

            try
            {
                await changed.WaitAsync(BookmarkInterval, time, cancellationToken).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                into.Add(new WatchItem(WatchEventType.Bookmark, null, Math.Max(complete, InitialRevision)));
                return;
            }
        }
    }

    /// <summary>A change moves an object into the selection, within it, or out of it.</summary>
    private void Select(in CacheEvent change, List<WatchItem> into)
    {
        if (!change.Object.Key.StartsWith(prefix, StringComparison.Ordinal))
        {
            return;
        }

        if (selection.IsEverything)
        {
            into.Add(new WatchItem(change.Type, change.Object, change.Revision));
            return;
        }

        var before = change.Previous is { } previous && selection.Matches(previous);
        var after = change.Type != WatchEventType.Deleted && selection.Matches(change.Object);
        if (after)
        {
            into.Add(new WatchItem(before ? WatchEventType.Modified : WatchEventType.Added, change.Object, change.Revision));
        }
        else if (before)
        {
            var last = change.Type == WatchEventType.Deleted ? change.Object : change.Previous!.At(change.Revision);
            into.Add(new WatchItem(WatchEventType.Deleted, last, change.Revision));
        }
    }
}
