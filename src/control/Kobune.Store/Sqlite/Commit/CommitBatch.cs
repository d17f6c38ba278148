using Kobune.Store.Leases;
using Kobune.Store.Mvcc;

namespace Kobune.Store.Sqlite.Commit;

/// <summary>One transaction while it is built: jobs compare against the index and write to log and index alike.</summary>
internal sealed class CommitBatch(MvccIndex index, LogWriter log, LeaseTable leases)
{
    private readonly List<(long Id, TimeSpan TimeToLive)> _endedLeases = [];

    private long _compacted;
    private int _collected;

    public List<StoreEvent> Events { get; } = [];

    public WriteResult Write(WriteRequest request)
    {
        if (request.LeaseId != 0 && request.Value is not null && !leases.Contains(request.LeaseId))
        {
            throw new LeaseNotFoundException(request.LeaseId);
        }

        var verdict = index.Judge(request, out var entry);
        var current = entry.IsLive ? entry.ToKeyValue(request.Key, log.Value(entry.Revision)) : null;
        if (verdict != WriteVerdict.Apply)
        {
            return new WriteResult(verdict == WriteVerdict.Nothing, index.Revision, current);
        }

        var next = index.Append(request.Key, request.Value is null, request.LeaseId);
        log.Insert(new LogRow(request.Key, next, current?.ModRevision ?? 0, request.Value));
        Events.Add(new StoreEvent(request.Key, request.Value, next.Revision, next.CreateRevision, current));
        return new WriteResult(true, next.Revision, current);
    }

    public long GrantLease(TimeSpan timeToLive) => log.AddLease(timeToLive);

    /// <summary>Deletes the lease's keys and the lease.</summary>
    public bool EndLease(long id)
    {
        if (leases.Remove(id) is not { } timeToLive)
        {
            return false;
        }

        _endedLeases.Add((id, timeToLive));
        foreach (var key in index.KeysOfLease(id))
        {
            Write(new WriteRequest(key, null));
        }

        log.RemoveLease(id);
        return true;
    }

    public bool EndExpiredLeases()
    {
        foreach (var id in leases.Expired())
        {
            EndLease(id);
        }

        return true;
    }

    /// <summary>Moves the start of history. The dead rows go later, in small portions.</summary>
    public bool Compact(long revision)
    {
        if (revision > index.Revision)
        {
            throw new FutureRevisionException(revision, index.Revision);
        }

        if (revision > Math.Max(index.Compacted, _compacted))
        {
            log.SetCompacted(revision);
            _compacted = revision;
        }

        return true;
    }

    /// <summary>Deletes some of the rows that an earlier compaction left dead. False when there were none.</summary>
    public bool CollectGarbage(int limit)
    {
        var garbage = index.Garbage(limit);
        garbage.ForEach(log.Delete);
        _collected = garbage.Count;
        return _collected > 0;
    }

    /// <summary>The transaction is durable.</summary>
    public void Confirm()
    {
        index.Confirm();
        index.DropGarbage(_collected);
        index.MarkCompacted(_compacted);
    }

    /// <summary>The transaction failed: the leases that it ended live on, for another full time.</summary>
    public void Undo()
    {
        index.Rollback();
        foreach (var (id, timeToLive) in _endedLeases)
        {
            leases.Add(id, timeToLive);
        }
    }
}
