using Kobune.Store.CrashWriter;
using Kobune.Store.Sqlite;

namespace Kobune.Store.Tests.Crash;

/// <summary>Reopens a database after the crash and lists what is wrong with it, given what was acknowledged before.</summary>
internal static class CrashVerdict
{
    public static async Task<List<string>> ExamineAsync(string database, IReadOnlyList<Acknowledged> acknowledged)
    {
        await using var store = SqliteStore.Open(new SqliteStoreOptions(database) { AutoCompact = false }, TimeProvider.System);
        var wrong = new List<string>();
        var current = await store.CurrentRevisionAsync();
        var (compacted, history) = await ReadHistoryAsync(store, current);
        for (var i = 0; i < history.Count; i++)
        {
            if (history[i].Revision != compacted + 1 + i)
            {
                wrong.Add($"revision {compacted + 1 + i} is missing");
                break;
            }
        }

        var byRevision = history.ToDictionary(change => change.Revision);
        foreach (var write in acknowledged.Where(write => write.Revision > compacted))
        {
            if (!byRevision.TryGetValue(write.Revision, out var change))
            {
                wrong.Add($"acknowledged revision {write.Revision} of {write.Key} is lost");
            }
            else if (change.Key != write.Key || change.IsDelete != write.Deleted
                || (change.Value is { } value && !value.Span.SequenceEqual(Load.Value(write.Key, write.Step))))
            {
                wrong.Add($"revision {write.Revision} is {change.Text()}, acknowledged was {write}");
            }
        }

        var now = (await store.RangeAsync(KeyRange.Prefix("/crash/"))).Items;
        wrong.AddRange(now.Where(item => !Load.IsWhole(item.Key, item.Value.Span)).Select(item => $"{item.Key} is torn"));
        wrong.AddRange(LostInThePast(acknowledged.Where(write => write.Revision <= compacted), now, byRevision.Values));
        return wrong;
    }

    /// <summary>What was compacted must have left its mark: the key's newest acknowledged write, or a newer one.</summary>
    private static IEnumerable<string> LostInThePast(
        IEnumerable<Acknowledged> old, IReadOnlyList<KeyValue> now, IEnumerable<StoreEvent> history)
    {
        var touched = history.Select(change => change.Key).ToHashSet();
        var live = now.ToDictionary(item => item.Key);
        foreach (var last in old.GroupBy(write => write.Key).Select(writes => writes.MaxBy(write => write.Revision)!))
        {
            var found = live.GetValueOrDefault(last.Key);
            if (!touched.Contains(last.Key) && (last.Deleted ? found is not null && found.ModRevision < last.Revision : (found?.ModRevision ?? 0) < last.Revision))
            {
                yield return $"acknowledged revision {last.Revision} of {last.Key} left no trace";
            }
        }
    }

    private static async Task<(long Compacted, List<StoreEvent> History)> ReadHistoryAsync(SqliteStore store, long current)
    {
        long compacted = 0;
        while (true)
        {
            try
            {
                await using var watch = new WatchReader(store, "", compacted + 1);
                await watch.UntilAsync(current);
                return (compacted, watch.Events);
            }
            catch (RevisionCompactedException e)
            {
                Assert.True(e.Compacted > compacted, "history after the compacted revision cannot be read");
                compacted = e.Compacted;
            }
        }
    }
}
