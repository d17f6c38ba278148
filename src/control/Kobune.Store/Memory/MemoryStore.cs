using Kobune.Store.Leases;
using Kobune.Store.Mvcc;
using Kobune.Store.Watch;

namespace Kobune.Store.Memory;

/// <summary>
/// The store without a disk, for tests and simulation. It owns no thread: every call does its work before it returns,
/// and leases end in the callback of the injected clock. With the same calls in the same order it does the same.
/// </summary>
public sealed class MemoryStore : IStore, IHistory
{
    private const int HistoryPage = 512;
    private sealed record Row(string Key, ReadOnlyMemory<byte>? Value, Entry Entry, KeyValue? Previous);

    private readonly Lock _gate = new();
    private readonly MvccIndex _index = new();
    private readonly Dictionary<long, Row> _rows = [];
    private readonly Broadcaster _broadcaster;
    private readonly LeaseTable _leases;
    private long _lastLease;
    private bool _closed;

    public MemoryStore(TimeProvider? time = null, WatchLimits? limits = null)
    {
        time ??= TimeProvider.System;

        // Progress is immediate here, so that a clock that stands still holds nothing back.
        limits ??= WatchLimits.Default with { ProgressInterval = TimeSpan.Zero };
        _broadcaster = new Broadcaster(0, time, limits);
        _leases = new LeaseTable(time, EndExpiredLeases);
    }

    public ValueTask<long> CurrentRevisionAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var revision = _broadcaster.Revision;
        _broadcaster.ReleaseProgress();
        return ValueTask.FromResult(revision);
    }

    public ValueTask<RangeResult> RangeAsync(RangeRequest request, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            ThrowIfClosed();
            var current = _broadcaster.Revision;
            var revision = request.Revision == 0 ? current : request.Revision;
            if (revision > current)
            {
                throw new FutureRevisionException(revision, current);
            }

            var (items, count) = _index.Select(request, revision);
            KeyValue[] found = [.. items.Select(item => item.Entry.ToKeyValue(item.Key, _rows[item.Entry.Revision].Value!.Value))];
            return ValueTask.FromResult(new RangeResult(found, count, !request.CountOnly && count > found.Length, current));
        }
    }

    public ValueTask<WriteResult> WriteAsync(WriteRequest request, CancellationToken cancellationToken = default)
    {
        KeyRange.Validate(request.Key);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            ThrowIfClosed();
            if (request.LeaseId != 0 && request.Value is not null && !_leases.Contains(request.LeaseId))
            {
                throw new LeaseNotFoundException(request.LeaseId);
            }

            return ValueTask.FromResult(Write(request));
        }
    }

    public IAsyncEnumerable<WatchBatch> WatchAsync(string prefix, long fromRevision, CancellationToken cancellationToken = default) =>
        WatchStream.Open(_broadcaster, this, prefix, fromRevision, cancellationToken);

    public ValueTask CompactAsync(long revision, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            ThrowIfClosed();
            if (revision > _broadcaster.Revision)
            {
                throw new FutureRevisionException(revision, _broadcaster.Revision);
            }

            if (_index.MarkCompacted(revision))
            {
                var garbage = _index.Garbage(int.MaxValue);
                garbage.ForEach(revision => _rows.Remove(revision));
                _index.DropGarbage(garbage.Count);
            }
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask<long> GrantLeaseAsync(TimeSpan timeToLive, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(timeToLive, TimeSpan.Zero);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            ThrowIfClosed();
            _leases.Add(++_lastLease, timeToLive);
            return ValueTask.FromResult(_lastLease);
        }
    }

    public ValueTask<bool> KeepLeaseAliveAsync(long leaseId, CancellationToken cancellationToken = default) =>
        ValueTask.FromResult(_leases.Renew(leaseId));

    public ValueTask RevokeLeaseAsync(long leaseId, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            ThrowIfClosed();
            EndLease(leaseId);
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            _closed = true;
        }

        _leases.Dispose();
        _broadcaster.Dispose();
        return ValueTask.CompletedTask;
    }

    ValueTask<IReadOnlyList<StoreEvent>> IHistory.ReadAsync(long from, long to, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (from <= _index.Compacted)
            {
                throw new RevisionCompactedException(from, _index.Compacted);
            }

            var events = new List<StoreEvent>();
            for (var revision = from; revision <= to && events.Count < HistoryPage; revision++)
            {
                events.Add(EventOf(_rows[revision]));
            }

            return ValueTask.FromResult<IReadOnlyList<StoreEvent>>(events);
        }
    }

    private WriteResult Write(WriteRequest request)
    {
        var verdict = _index.Judge(request, out var entry);
        var current = entry.IsLive ? entry.ToKeyValue(request.Key, _rows[entry.Revision].Value!.Value) : null;
        if (verdict != WriteVerdict.Apply)
        {
            return new WriteResult(verdict == WriteVerdict.Nothing, _index.Revision, current);
        }

        var next = _index.Append(request.Key, request.Value is null, request.LeaseId);
        _index.Confirm();

        // The previous value is referenced by the row itself: it stays readable after compaction took its own row.
        var row = new Row(request.Key, request.Value, next, current);
        _rows[next.Revision] = row;
        _broadcaster.Publish(next.Revision, [EventOf(row)]);
        return new WriteResult(true, next.Revision, current);
    }

    private static StoreEvent EventOf(Row row) => new(row.Key, row.Value, row.Entry.Revision, row.Entry.CreateRevision, row.Previous);

    private void EndExpiredLeases()
    {
        lock (_gate)
        {
            foreach (var lease in _closed ? [] : _leases.Expired())
            {
                EndLease(lease);
            }
        }
    }

    private void EndLease(long leaseId)
    {
        if (_leases.Remove(leaseId) is null)
        {
            return;
        }

        foreach (var key in _index.KeysOfLease(leaseId))
        {
            Write(new WriteRequest(key, null));
        }
    }

    private void ThrowIfClosed() => ObjectDisposedException.ThrowIf(_closed, this);
}
