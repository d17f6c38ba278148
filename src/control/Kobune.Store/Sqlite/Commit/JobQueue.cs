namespace Kobune.Store.Sqlite.Commit;

/// <summary>
/// The bounded queue in front of the commit loop. Callers wait asynchronously for a place; the loop's thread waits
/// blocking for work, since it blocks on fsync anyway.
/// </summary>
internal sealed class JobQueue(int capacity)
{
    private readonly object _gate = new();
    private readonly SemaphoreSlim _places = new(capacity);
    private Queue<WriteJob> _jobs = new();
    private bool _closed;

    public async ValueTask AddAsync(WriteJob job, CancellationToken cancellationToken)
    {
        await _places.WaitAsync(cancellationToken);
        Post(job);
    }

    /// <summary>Adds without waiting, for the store's own jobs: there is at most one of each kind at a time.</summary>
    public void AddOwn(WriteJob job)
    {
        lock (_gate)
        {
            if (!_closed)
            {
                _jobs.Enqueue(job);
                Monitor.Pulse(_gate);
            }
        }
    }

    /// <summary>Takes up to <paramref name="limit"/> jobs. With <paramref name="wait"/> at least one; false at the end.</summary>
    public bool Take(List<WriteJob> jobs, int limit, bool wait)
    {
        lock (_gate)
        {
            while (wait && _jobs.Count == 0 && !_closed)
            {
                Monitor.Wait(_gate);
            }

            while (jobs.Count < limit && _jobs.TryDequeue(out var job))
            {
                jobs.Add(job);
            }

            return jobs.Count > 0 || !_closed;
        }
    }

    /// <summary>Gives the places of finished jobs back.</summary>
    public void Release(int count)
    {
        if (count > 0)
        {
            _places.Release(count);
        }
    }

    /// <summary>No further jobs; those in the queue are still carried out.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _closed = true;
            Monitor.PulseAll(_gate);
        }
    }

    private void Post(WriteJob job)
    {
        lock (_gate)
        {
            if (!_closed)
            {
                _jobs.Enqueue(job);
                Monitor.Pulse(_gate);
                return;
            }
        }

        _places.Release();
        throw new ObjectDisposedException(nameof(SqliteStore));
    }
}
