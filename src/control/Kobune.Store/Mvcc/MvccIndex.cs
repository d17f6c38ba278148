namespace Kobune.Store.Mvcc;

/// <summary>
/// Every key's uncompacted revisions, in memory, without values: comparisons, counts and the choice of what a range
/// returns need no storage. One writer appends; readers select at a revision that is already durable, so entries of an
/// uncommitted transaction are invisible to them without copying anything.
/// </summary>
internal sealed class MvccIndex
{
    private readonly record struct Dead(long At, long Revision, KeyHistory Key);

    private readonly record struct Appended(KeyHistory Key, Entry Entry, Entry Previous);

    private readonly Lock _gate = new();
    private readonly OrderedKeys _keys = new();

    // Entries that a compaction at or above `At` may drop, in order of `At`: compaction costs what it frees, not a scan.
    private readonly Queue<Dead> _dead = new();
    private readonly List<Appended> _unconfirmed = [];
    private long _revision;
    private long _compacted;

    /// <summary>The newest revision handed out, durable or not.</summary>
    public long Revision => Volatile.Read(ref _revision);

    public long Compacted => Volatile.Read(ref _compacted);

    public bool HasGarbage
    {
        get
        {
            lock (_gate)
            {
                return _dead.TryPeek(out var dead) && dead.At <= _compacted;
            }
        }
    }

    public Entry Latest(string key)
    {
        lock (_gate)
        {
            return _keys.Find(key)?.Latest ?? default;
        }
    }

    public WriteVerdict Judge(WriteRequest request, out Entry current)
    {
        current = Latest(request.Key);
        if (request.ExpectedModRevision is { } expected && expected != current.ExpectedRevision)
        {
            return WriteVerdict.Conflict;
        }

        return request.Value is null && !current.IsLive ? WriteVerdict.Nothing : WriteVerdict.Apply;
    }

    /// <summary>Gives the key its next revision; it lasts once <see cref="Confirm"/> is called.</summary>
    public Entry Append(string key, bool delete, long leaseId)
    {
        lock (_gate)
        {
            var history = _keys.GetOrAdd(key);
            var previous = history.Latest;
            var revision = _revision + 1;
            var entry = delete ? new Entry(revision, previous.CreateRevision, 0, 0)
                : previous.IsLive ? new Entry(revision, previous.CreateRevision, previous.Version + 1, leaseId)
                : new Entry(revision, revision, 1, leaseId);
            history.Push(entry);
            _unconfirmed.Add(new Appended(history, entry, previous));
            Volatile.Write(ref _revision, revision);
            return entry;
        }
    }

    /// <summary>The appended revisions are durable.</summary>
    public void Confirm()
    {
        lock (_gate)
        {
            foreach (var (key, entry, previous) in _unconfirmed)
            {
                MarkDead(key, entry, previous);
            }

            _unconfirmed.Clear();
        }
    }

    /// <summary>The transaction failed: takes back everything since the last <see cref="Confirm"/>.</summary>
    public void Rollback()
    {
        lock (_gate)
        {
            for (var i = _unconfirmed.Count - 1; i >= 0; i--)
            {
                var key = _unconfirmed[i].Key;
                key.Pop();
                RemoveWhenEmpty(key);
            }

            Volatile.Write(ref _revision, _revision - _unconfirmed.Count);
            _unconfirmed.Clear();
        }
    }

    /// <summary>Adds a revision read back from storage. Revisions come in order, those compacted away are missing.</summary>
    public void Restore(string key, Entry entry)
    {
        var history = _keys.GetOrAdd(key);
        var previous = history.Latest;
        history.Push(entry);
        MarkDead(history, entry, previous);
        _revision = entry.Revision;
    }

    public void RestoreCompacted(long revision)
    {
        _compacted = revision;
        _revision = Math.Max(_revision, revision);
    }

    public Selection Select(RangeRequest request, long revision)
    {
        lock (_gate)
        {
            if (revision < _compacted)
            {
                throw new RevisionCompactedException(revision, _compacted);
            }

            return request.End is null ? SelectOne(request, revision) : SelectRange(request, request.End, revision);
        }
    }

    public List<string> KeysOfLease(long leaseId)
    {
        lock (_gate)
        {
            return [.. _keys.From("").Where(key => key.Latest.IsLive && key.Latest.LeaseId == leaseId).Select(key => key.Key)];
        }
    }

    /// <summary>From now on only revisions from this one on can be read. False when that was so already.</summary>
    public bool MarkCompacted(long revision)
    {
        lock (_gate)
        {
            if (revision <= _compacted)
            {
                return false;
            }

            Volatile.Write(ref _compacted, revision);
            return true;
        }
    }

    /// <summary>The revisions of up to <paramref name="limit"/> entries that the last compaction left over, in the order of their end.</summary>
    public List<long> Garbage(int limit)
    {
        lock (_gate)
        {
            return [.. _dead.TakeWhile(dead => dead.At <= _compacted).Take(limit).Select(dead => dead.Revision)];
        }
    }

    /// <summary>Drops the first entries that <see cref="Garbage"/> named, once storage has let go of them.</summary>
    public void DropGarbage(int count)
    {
        lock (_gate)
        {
            for (; count > 0; count--)
            {
                var key = _dead.Dequeue().Key;
                key.DropOldest();
                RemoveWhenEmpty(key);
            }
        }
    }

    private void MarkDead(KeyHistory key, Entry entry, Entry previous)
    {
        if (previous.IsLive)
        {
            _dead.Enqueue(new Dead(entry.Revision, previous.Revision, key));
        }

        if (!entry.IsLive)
        {
            _dead.Enqueue(new Dead(entry.Revision, entry.Revision, key));
        }
    }

    private void RemoveWhenEmpty(KeyHistory key)
    {
        if (key.IsEmpty)
        {
            _keys.Remove(key.Key);
        }
    }

    private Selection SelectOne(RangeRequest request, long revision)
    {
        var entry = _keys.Find(request.Key)?.At(revision) ?? default;
        return !entry.IsLive ? new Selection([], 0) : new Selection(request.CountOnly ? [] : [(request.Key, entry)], 1);
    }

    private Selection SelectRange(RangeRequest request, string end, long revision)
    {
        var items = new List<(string, Entry)>();
        long count = 0;
        foreach (var key in _keys.From(request.Key))
        {
            if (!KeyRange.IsBefore(key.Key, end))
            {
                break;
            }

            var entry = key.At(revision);
            if (!entry.IsLive)
            {
                continue;
            }

            count++;
            if (!request.CountOnly && (request.Limit == 0 || items.Count < request.Limit))
            {
                items.Add((key.Key, entry));
            }
        }

        return new Selection(items, count);
    }
}
