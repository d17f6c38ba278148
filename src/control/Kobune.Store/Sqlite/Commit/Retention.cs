namespace Kobune.Store.Sqlite.Commit;

/// <summary>
/// Chooses the revision to compact to, from how many revisions there are and how old they are. It is asked after
/// writes only, so a store at rest does nothing.
/// </summary>
internal sealed class Retention(SqliteStoreOptions options, TimeProvider time)
{
    // Often enough that the bounds hold roughly, seldom enough that compaction works in worthwhile portions.
    private readonly TimeSpan _sampleEvery = options.RetainTime / 10;
    private readonly long _slack = Math.Max(1, options.RetainRevisions / 10);
    private readonly Queue<(long At, long Revision)> _samples = new();
    private long _lastSample;

    /// <summary>The revision to compact to now; 0 when nothing is due.</summary>
    public long Target(long revision, long compacted)
    {
        if (!options.AutoCompact)
        {
            return 0;
        }

        var target = revision - compacted > options.RetainRevisions + _slack ? revision - options.RetainRevisions : 0;
        if (_samples.Count == 0 || time.GetElapsedTime(_lastSample) >= _sampleEvery)
        {
            _lastSample = time.GetTimestamp();
            _samples.Enqueue((_lastSample, revision));
        }

        while (_samples.TryPeek(out var sample) && time.GetElapsedTime(sample.At) >= options.RetainTime)
        {
            target = Math.Max(target, sample.Revision);
            _samples.Dequeue();
        }

        return target > compacted ? target : 0;
    }
}
