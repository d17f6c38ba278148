using Kobune.Store.Leases;
using Kobune.Store.Mvcc;
using Kobune.Store.Sqlite.Commit;
using Kobune.Store.Watch;

namespace Kobune.Store.Sqlite;

/// <summary>
/// The embedded store: a log of revisions in SQLite, an index of keys in memory, and group commit between them.
/// See docs/flow.md for the way of a write.
/// </summary>
public sealed class SqliteStore : IStore, IHistory
{
    private readonly StoreLock _lock;
    private readonly LogWriter _log;
    private readonly MvccIndex _index = new();
    private readonly ReaderPool _readers;
    private readonly Broadcaster _broadcaster;
    private readonly LeaseTable _leases;
    private readonly JobQueue _queue;
    private readonly CommitLoop _loop;
    private int _closed;

    private SqliteStore(SqliteStoreOptions options, TimeProvider time, StoreLock fileLock)
    {
        _lock = fileLock;
        _log = new LogWriter(options);
        try
        {
            var leases = _log.Load(_index);
            _readers = new ReaderPool(options);
            _queue = new JobQueue(options.QueueCapacity);
            _broadcaster = new Broadcaster(_index.Revision, time, options.Watch);
            _leases = new LeaseTable(time, EndExpiredLeases);
            _loop = new CommitLoop(options, _index, _log, _leases, _broadcaster, _queue, time);

            // How long they were alive before the restart is not recorded; as in etcd they get their full time again.
            leases.ForEach(lease => _leases.Add(lease.Id, lease.TimeToLive));
        }
        catch
        {
            _log.Dispose();
            throw;
        }
    }

    /// <summary>Opens or creates the database (mode 0600) and recovers what a crash left in the write-ahead log.</summary>
    /// <exception cref="StoreOpenException">Another process has it open, or it is not ours or of a newer version.</exception>
    public static SqliteStore Open(SqliteStoreOptions options, TimeProvider time)
    {
        var fileLock = new StoreLock(options.Path);
        try
        {
            // SQLite gives its "-wal" and "-shm" the mode of the database.
            PrivateFile.Open(options.Path, FileShare.ReadWrite).Dispose();
            return new SqliteStore(options, time, fileLock);
        }
        catch (SqliteException e)
        {
            fileLock.Dispose();
            throw new StoreOpenException($"the store {options.Path} cannot be opened: {e.Message}", e);
        }
        catch
        {
            fileLock.Dispose();
            throw;
        }
    }

    public ValueTask<long> CurrentRevisionAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var revision = _broadcaster.Revision;

        // Whoever asks is about to wait until its watch is there.
        _broadcaster.ReleaseProgress();
        return ValueTask.FromResult(revision);
    }

    public async ValueTask<RangeResult> RangeAsync(RangeRequest request, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            ThrowIfClosed();
            var current = _broadcaster.Revision;
            var revision = request.Revision == 0 ? current : request.Revision;
            if (revision > current)
            {
                throw new FutureRevisionException(revision, current);
            }

            Selection selection;
            try
            {
                selection = _index.Select(request, revision);
            }
            catch (RevisionCompactedException) when (request.Revision == 0)
            {
                continue; // compacted up to a revision newer than the one just looked up
            }

            var items = selection.Items.Count == 0
                ? []
                : await _readers.ReadAsync(reader => reader.Values(selection.Items, cancellationToken), cancellationToken);
            if (items is not null)
            {
                return new RangeResult(items, selection.Count, !request.CountOnly && selection.Count > items.Length, current);
            }

            if (request.Revision != 0)
            {
                throw new RevisionCompactedException(revision, _index.Compacted);
            }
        }
    }

    public ValueTask<WriteResult> WriteAsync(WriteRequest request, CancellationToken cancellationToken = default)
    {
        KeyRange.Validate(request.Key);
        return CommitAsync(batch => batch.Write(request), cancellationToken);
    }

    public IAsyncEnumerable<WatchBatch> WatchAsync(string prefix, long fromRevision, CancellationToken cancellationToken = default) =>
        WatchStream.Open(_broadcaster, this, prefix, fromRevision, cancellationToken);

    public async ValueTask CompactAsync(long revision, CancellationToken cancellationToken = default) =>
        await CommitAsync(batch => batch.Compact(revision), cancellationToken);

    public async ValueTask<long> GrantLeaseAsync(TimeSpan timeToLive, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(timeToLive, TimeSpan.Zero);
        var id = await CommitAsync(batch => batch.GrantLease(timeToLive), cancellationToken);
        _leases.Add(id, timeToLive);
        return id;
    }

    public ValueTask<bool> KeepLeaseAliveAsync(long leaseId, CancellationToken cancellationToken = default) =>
        ValueTask.FromResult(_leases.Renew(leaseId));

    public async ValueTask RevokeLeaseAsync(long leaseId, CancellationToken cancellationToken = default) =>
        await CommitAsync(batch => batch.EndLease(leaseId), cancellationToken);

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _closed, 1) != 0)
        {
            return;
        }

        _leases.Dispose();
        _queue.Close();
        await _loop.Ended;
        _broadcaster.Dispose();
        await _readers.DisposeAsync();
        _log.Dispose();
        _lock.Dispose();
    }

    async ValueTask<IReadOnlyList<StoreEvent>> IHistory.ReadAsync(long from, long to, CancellationToken cancellationToken)
    {
        var events = from <= _index.Compacted
            ? null
            : await _readers.ReadAsync(reader => reader.Events(from, to), cancellationToken);
        return events ?? throw new RevisionCompactedException(from, _index.Compacted);
    }

    private async ValueTask<T> CommitAsync<T>(Func<CommitBatch, T> apply, CancellationToken cancellationToken)
    {
        var job = new WriteJob<T>(apply, cancellationToken);
        await _queue.AddAsync(job, cancellationToken);

        // Not cancelled from here on: once the loop has taken the job its outcome is known within one commit.
        return await job.Task;
    }

    private void EndExpiredLeases() =>
        _queue.AddOwn(new WriteJob<bool>(batch => batch.EndExpiredLeases(), CancellationToken.None, isOwn: true));

    private void ThrowIfClosed() => ObjectDisposedException.ThrowIf(Volatile.Read(ref _closed) != 0, this);
}
