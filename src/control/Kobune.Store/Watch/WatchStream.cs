using System.Runtime.CompilerServices;

namespace Kobune.Store.Watch;

/// <summary>
/// A watch: first the past from the history, then the live stream. The subscription is made before the history is read,
/// and the history is read only up to the revision of the subscription; so nothing is missing between them or doubled.
/// </summary>
internal static class WatchStream
{
    public static IAsyncEnumerable<WatchBatch> Open(
        Broadcaster broadcaster, IHistory history, string prefix, long fromRevision, CancellationToken cancellationToken)
    {
        // "From now" means from this call, not from the first read of the enumeration.
        var from = fromRevision == 0 ? broadcaster.Revision + 1 : fromRevision;
        return RunAsync(broadcaster, history, prefix, from, cancellationToken);
    }

    private static async IAsyncEnumerable<WatchBatch> RunAsync(
        Broadcaster broadcaster, IHistory history, string prefix, long from, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var watcher = broadcaster.Subscribe(prefix, from, out var current);
        for (var next = from; next <= current;)
        {
            var page = await history.ReadAsync(next, current, cancellationToken);
            next = page[^1].Revision + 1;
            if (next <= current)
            {
                yield return new WatchBatch(next - 1, Matching(page, prefix));
            }
            else
            {
                yield return new WatchBatch(current, Matching(page, prefix));
            }
        }

        if (from > current)
        {
            // Tells the reader that the watch stands.
            yield return new WatchBatch(current, []);
        }

        while (await watcher.ReadAsync(cancellationToken) is { } batch)
        {
            yield return batch;
        }
    }

    private static List<StoreEvent> Matching(IReadOnlyList<StoreEvent> page, string prefix) =>
        [.. page.Where(change => change.Key.StartsWith(prefix, StringComparison.Ordinal))];
}
