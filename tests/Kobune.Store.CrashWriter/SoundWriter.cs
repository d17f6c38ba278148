using Kobune.Store.Sqlite;

namespace Kobune.Store.CrashWriter;

/// <summary>Many writers on the real store, which compacts by itself meanwhile, until the process is killed.</summary>
internal static class SoundWriter
{
    public static async Task RunAsync(string path, Acknowledgements acknowledgements)
    {
        var options = new SqliteStoreOptions(path) { RetainRevisions = Load.RetainRevisions };
        await using var store = SqliteStore.Open(options, TimeProvider.System);
        var start = await store.CurrentRevisionAsync();
        await Task.WhenAll(Enumerable.Range(0, Load.Writers).Select(writer => WriteAsync(store, writer, start, acknowledgements)));
    }

    private static async Task WriteAsync(SqliteStore store, int writer, long start, Acknowledgements acknowledgements)
    {
        for (var step = start; ; step++)
        {
            var key = Load.Key(writer, step);
            var deletes = Load.Deletes(step);
            var result = await store.WriteAsync(deletes ? WriteRequest.Delete(key) : new WriteRequest(key, Load.Value(key, step)));
            if (!deletes || result.Current is not null)
            {
                acknowledgements.Print(result.Revision, key, deletes, step);
            }
        }
    }
}
