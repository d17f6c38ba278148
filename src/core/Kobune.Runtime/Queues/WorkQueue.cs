namespace Kobune.Runtime;

/// <summary>
/// The keys that wait to be reconciled. A key is in the queue at most once, and never handed to two workers at the same
/// time: when it is added while being processed it is queued again upon <see cref="Done"/>. Its size is bounded by the
/// number of distinct keys.
/// </summary>
public sealed class WorkQueue<TKey> : IDisposable where TKey : notnull
{
    private readonly Lock _gate = new();
    private readonly Queue<TKey> _ready = new();
    private readonly HashSet<TKey> _dirty = [];
    private readonly HashSet<TKey> _processing = [];
    private readonly Dictionary<TKey, int> _failures = [];
    private readonly SemaphoreSlim _available = new(0);
    private readonly DelayedKeys<TKey> _delayed;
    private readonly Backoff _backoff;
    private readonly IWorkQueueMetrics? _metrics;
    private bool _closed;

    public WorkQueue(string name, TimeProvider time, Backoff? backoff = null, IWorkQueueMetrics? metrics = null)
    {
        Name = name;
        _backoff = backoff ?? Backoff.PerItem;
        _metrics = metrics;
        _delayed = new DelayedKeys<TKey>(time, Add);
    }

    public string Name { get; }

    /// <summary>How many keys are ready and not yet taken.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _ready.Count;
            }
        }
    }

    /// <summary>True when nothing is ready, being processed, or waiting for a delay.</summary>
    public bool IsIdle
    {
        get
        {
            lock (_gate)
            {
                return _dirty.Count == 0 && _processing.Count == 0 && _delayed.Count == 0;
            }
        }
    }

    public void Add(TKey key)
    {
        lock (_gate)
        {
            if (_closed || !_dirty.Add(key))
            {
                return;
            }

            _metrics?.Added(Name);
            if (_processing.Contains(key))
            {
                return;
            }

            _ready.Enqueue(key);
        }

        _available.Release();
    }

    /// <summary>Adds the key after a delay; of several delays of one key the shortest counts.</summary>
    public void AddAfter(TKey key, TimeSpan delay)
    {
        if (delay <= TimeSpan.Zero)
        {
            Add(key);
            return;
        }

        _delayed.Set(key, delay);
    }

    /// <summary>Adds the key after the back-off that its failures in a row have earned.</summary>
    public void AddRateLimited(TKey key)
    {
        int failures;
        lock (_gate)
        {
            failures = _failures.GetValueOrDefault(key);
            _failures[key] = failures + 1;
        }

        _metrics?.Retried(Name);
        AddAfter(key, _backoff.Delay(failures));
    }

    /// <summary>Forgets the key's failures.</summary>
    public void Forget(TKey key)
    {
        lock (_gate)
        {
            _failures.Remove(key);
        }
    }

    /// <summary>The failures in a row of the key.</summary>
    public int Failures(TKey key)
    {
        lock (_gate)
        {
            return _failures.GetValueOrDefault(key);
        }
    }

    /// <summary>Takes the next key; it must be given back with <see cref="Done"/>. Throws when cancelled.</summary>
    public async ValueTask<TKey> TakeAsync(CancellationToken cancellationToken)
    {
        await _available.WaitAsync(cancellationToken);
        lock (_gate)
        {
            var key = _ready.Dequeue();
            _dirty.Remove(key);
            _processing.Add(key);
            _metrics?.Taken(Name);
            return key;
        }
    }

    public void Done(TKey key)
    {
        lock (_gate)
        {
            _processing.Remove(key);
            _metrics?.Finished(Name);
            if (_closed || !_dirty.Contains(key))
            {
                return;
            }

            _ready.Enqueue(key);
        }

        _available.Release();
    }

    /// <summary>Stops accepting keys and cancels the delayed ones.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _closed = true;
        }

        _delayed.Dispose();
    }
}
