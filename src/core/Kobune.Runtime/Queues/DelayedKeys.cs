namespace Kobune.Runtime;

/// <summary>
/// Keys that become due later. One timer serves all of them and is armed for the earliest only, so that nothing ticks
/// when nothing waits.
/// </summary>
public sealed class DelayedKeys<TKey> : IDisposable where TKey : notnull
{
    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private readonly Action<TKey> _due;
    private readonly Dictionary<TKey, DateTimeOffset> _dueAt = [];
    private readonly PriorityQueue<TKey, (DateTimeOffset At, long Order)> _order = new();
    private readonly ITimer _timer;
    private long _sequence;

    public DelayedKeys(TimeProvider time, Action<TKey> due)
    {
        _time = time;
        _due = due;
        _timer = time.CreateTimer(static self => ((DelayedKeys<TKey>)self!).Fire(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _dueAt.Count;
            }
        }
    }

    /// <summary>Makes the key due after the delay, unless it is due earlier already.</summary>
    public void Set(TKey key, TimeSpan delay)
    {
        lock (_gate)
        {
            var at = _time.GetUtcNow() + delay;
            if (_dueAt.TryGetValue(key, out var earlier) && earlier <= at)
            {
                return;
            }

            Put(key, at);
        }
    }

    /// <summary>Makes the key due after the delay, whatever was set before.</summary>
    public void Replace(TKey key, TimeSpan delay)
    {
        lock (_gate)
        {
            Put(key, _time.GetUtcNow() + delay);
        }
    }

    public bool Cancel(TKey key)
    {
        lock (_gate)
        {
            return _dueAt.Remove(key);
        }
    }

    public bool Contains(TKey key)
    {
        lock (_gate)
        {
            return _dueAt.ContainsKey(key);
        }
    }

    public void Dispose() => _timer.Dispose();

    private void Put(TKey key, DateTimeOffset at)
    {
        _dueAt[key] = at;
        _order.Enqueue(key, (at, _sequence++));
        Arm();
    }

    private void Arm()
    {
        while (_order.TryPeek(out var key, out var priority))
        {
            if (_dueAt.TryGetValue(key, out var at) && at == priority.At)
            {
                var wait = at - _time.GetUtcNow();
                _timer.Change(wait > TimeSpan.Zero ? RoundUp(wait) : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
                return;
            }

            _order.Dequeue(); // cancelled or moved
        }

        _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    private void Fire()
    {
        List<TKey>? due = null;
        lock (_gate)
        {
            var now = _time.GetUtcNow();
            while (_order.TryPeek(out var key, out var priority) && priority.At <= now)
            {
                _order.Dequeue();
                if (_dueAt.TryGetValue(key, out var at) && at == priority.At)
                {
                    _dueAt.Remove(key);
                    (due ??= []).Add(key);
                }
            }

            Arm();
        }

        foreach (var key in due ?? [])
        {
            _due(key);
        }
    }

    // System timers count whole milliseconds and round down: without this the last fraction would be spun away.
    private static TimeSpan RoundUp(TimeSpan wait) => TimeSpan.FromMilliseconds(Math.Min(Math.Ceiling(wait.TotalMilliseconds), 4_000_000_000));
}
