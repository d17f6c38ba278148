using Kobune.Store.Mvcc;
using Kobune.Store.Sqlite;

namespace Kobune.Store.CrashWriter;

/// <summary>
/// Deliberately wrong: the same log, but each group is acknowledged before its COMMIT. It exists to prove that the crash
/// test notices. (Leaving out the fsync alone would not show: the page cache survives a killed process.)
/// </summary>
internal static class BrokenWriter
{
    // Large, so that the kill often comes between the acknowledgement and the commit.
    private const int GroupSize = 8 * Load.Writers;

    public static void Run(string path, Acknowledgements acknowledgements)
    {
        using var log = new LogWriter(new SqliteStoreOptions(path));
        var index = new MvccIndex();
        log.Load(index);
        for (var step = index.Revision; ; step++)
        {
            log.Begin();
            for (var i = 0; i < GroupSize; i++)
            {
                var key = Load.Key(i % Load.Writers, step);
                var previous = index.Latest(key);
                var entry = index.Append(key, delete: false, leaseId: 0);
                log.Insert(new LogRow(key, entry, previous.ExpectedRevision, Load.Value(key, step)));
                acknowledgements.Print(entry.Revision, key, deleted: false, step);
            }

            log.Commit();
            index.Confirm();
        }
    }
}
