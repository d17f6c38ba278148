using Kobune.Store.Leases;
using Kobune.Store.Mvcc;
using Kobune.Store.Watch;

namespace Kobune.Store.Sqlite.Commit;

/// <summary>
/// Group commit on a thread of its own. It takes every waiting job, carries all out in one transaction, commits with one
/// fsync, publishes the events, and only then answers — in this order, so that nothing is acknowledged or seen before
/// it is durable, and whoever has an answer finds its event already under way.
/// </summary>
internal sealed class CommitLoop
{
    /// <summary>How much compaction one transaction may do: little, because writers wait for it.</summary>
    private const int GarbagePerBatch = 512;
    private const int VacuumPages = 256;

    private readonly SqliteStoreOptions _options;
    private readonly MvccIndex _index;
    private readonly LogWriter _log;
    private readonly LeaseTable _leases;
    private readonly Broadcaster _broadcaster;
    private readonly JobQueue _queue;
    private readonly Retention _retention;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private StoreFailedException? _failure;
    private bool _vacuumDue;
    private bool _full;

    // The last transaction failed: housekeeping waits until a caller's succeeds, instead of trying for ever.
    private bool _failing;

    public CommitLoop(
        SqliteStoreOptions options, MvccIndex index, LogWriter log, LeaseTable leases, Broadcaster broadcaster, JobQueue queue, TimeProvider time)
    {
        (_options, _index, _log, _leases, _broadcaster, _queue) = (options, index, log, leases, broadcaster, queue);
        _retention = new Retention(options, time);
        new Thread(Run, maxStackSize: 256 << 10) { IsBackground = true, Name = "store-commit" }.Start();
    }

    /// <summary>Completes when the queue was closed and is worked off.</summary>
    public Task Ended => _ended.Task;

    private void Run()
    {
        try
        {
            var jobs = new List<WriteJob>();
            while (_queue.Take(jobs, _options.BatchSize, wait: !HasOwnWork))
            {
                _queue.Release(jobs.Count(job => !job.IsOwn));
                jobs.RemoveAll(job => job.Abandoned);
                Commit(jobs);
                jobs.Clear();
            }

            _ended.TrySetResult();
        }
        catch (Exception e)
        {
            _ended.TrySetException(e);
        }
    }

    private bool HasOwnWork => !_failing && (_index.HasGarbage || _vacuumDue);

    private void Commit(List<WriteJob> jobs)
    {
        if (_full && _options.AutoCompact)
        {
            MakeRoom();
        }

        if (_failure is not null)
        {
            jobs.ForEach(job => job.Fail(_failure));
            return;
        }

        var batch = new CommitBatch(_index, _log, _leases);
        if (TryCommit(batch, () => Fill(batch, jobs)) is { } failure)
        {
            jobs.ForEach(job => job.Fail(failure));
            return;
        }

        if (batch.Events.Count > 0)
        {
            _broadcaster.Publish(_index.Revision, batch.Events);
        }

        jobs.ForEach(job => job.Complete());
    }

    private void Fill(CommitBatch batch, List<WriteJob> jobs)
    {
        // Dead rows first: in a full file the jobs live on the pages that they give back.
        if (batch.CollectGarbage(GarbagePerBatch))
        {
            _vacuumDue = true;
        }
        else if (_vacuumDue && jobs.Count == 0)
        {
            ReturnFreePages();
        }

        jobs.ForEach(job => job.Apply(batch));
        if (batch.Events.Count > 0 && _retention.Target(_broadcaster.Revision, _index.Compacted) is > 0 and var target)
        {
            batch.Compact(target);
        }
    }

    /// <summary>One transaction, all or nothing; what went wrong, or null.</summary>
    private StoreFailedException? TryCommit(CommitBatch batch, Action fill)
    {
        var committing = false;
        try
        {
            _log.Begin();
            fill();
            committing = true;
            _log.Commit();
            batch.Confirm();
            _failing = false;
            return null;
        }
        catch (Exception e)
        {
            _log.Rollback();
            batch.Undo();
            _failing = true;
            var code = (e as SqliteException)?.PrimaryCode;
            _full |= code == Native.Full;
            var failure = new StoreFailedException($"the store could not write: {e.Message}", e);
            if (committing && code == Native.IoError)
            {
                // After a failed fsync nobody knows what is on the disk. To go on would risk acknowledging what is not there.
                _failure = failure;
            }

            return failure;
        }
    }

    /// <summary>The disk or the size limit is reached: drops all history at once, with everybody waiting.</summary>
    private void MakeRoom()
    {
        _full = false;
        var batch = new CommitBatch(_index, _log, _leases);
        var failure = TryCommit(batch, () => batch.Compact(_broadcaster.Revision));
        while (failure is null && _index.HasGarbage)
        {
            var portion = new CommitBatch(_index, _log, _leases);
            failure = TryCommit(portion, () => portion.CollectGarbage(GarbagePerBatch));
        }
    }

    private void ReturnFreePages()
    {
        // A quarter of free pages stays: the next writes need them again.
        _vacuumDue = _log.FreePages() > Math.Max(_log.Pages() / 4, 4 * VacuumPages);
        if (_vacuumDue)
        {
            _log.Vacuum(VacuumPages);
        }
    }
}
