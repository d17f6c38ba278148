namespace Kobune.Store.Watch;

/// <summary>
/// Hands every committed batch to all watchers, in order, and makes its revision the current one: readers see a
/// revision from the moment on at which its events are on their way, and never earlier than it is durable.
/// </summary>
internal sealed class Broadcaster : IDisposable
{
    private readonly Lock _gate = new();
    private readonly List<Watcher> _watchers = [];
    private readonly TimeProvider _time;
    private readonly WatchLimits _limits;
    private ITimer? _timer;
    private long _revision;
    private long _lastProgress;
    private bool _progressDue;
    private bool _timerArmed;
    private bool _closed;

    public Broadcaster(long revision, TimeProvider time, WatchLimits limits)
    {
        (_revision, _time, _limits) = (revision, time, limits);
        _lastProgress = time.GetTimestamp();
    }

    public long Revision => Volatile.Read(ref _revision);

    public void Publish(long revision, IReadOnlyList<StoreEvent> events)
    {
        lock (_gate)
        {
            // Before the revision becomes visible: whoever sees it must also see that progress is due.
            Volatile.Write(ref _progressDue, _watchers.Count > 0);
            Volatile.Write(ref _revision, revision);
            var due = false;
            foreach (var watcher in _watchers)
            {
                due |= !watcher.Offer(revision, events);
            }

            Volatile.Write(ref _progressDue, due);
            if (due)
            {
                ScheduleProgress();
            }
        }
    }

    /// <summary>Adds a watcher that gets everything after <paramref name="current"/>, from its start revision on.</summary>
    public Watcher Subscribe(string prefix, long from, out long current)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_closed, this);
            current = _revision;
            var watcher = new Watcher(this, prefix, from, current, _limits.PendingEvents);
            _watchers.Add(watcher);
            return watcher;
        }
    }

    /// <summary>Tells watchers that were passed over how far the store is. Cheap when there is nothing to tell.</summary>
    public void ReleaseProgress()
    {
        if (!Volatile.Read(ref _progressDue))
        {
            return;
        }

        lock (_gate)
        {
            ReleaseProgressLocked();
        }
    }

    internal void Remove(Watcher watcher)
    {
        lock (_gate)
        {
            _watchers.Remove(watcher);
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _closed = true;
            _timer?.Dispose();
            _timer = null;
            foreach (var watcher in _watchers)
            {
                watcher.Close();
            }
        }
    }

    private void ScheduleProgress()
    {
        var elapsed = _time.GetElapsedTime(_lastProgress);
        if (elapsed >= _limits.ProgressInterval)
        {
            ReleaseProgressLocked();
        }
        else if (!_timerArmed && !_closed)
        {
            _timerArmed = true;
            _timer ??= _time.CreateTimer(static self => ((Broadcaster)self!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            _timer.Change(_limits.ProgressInterval - elapsed, Timeout.InfiniteTimeSpan);
        }
    }

    private void OnTimer()
    {
        lock (_gate)
        {
            _timerArmed = false;
            ReleaseProgressLocked();
        }
    }

    private void ReleaseProgressLocked()
    {
        _progressDue = false;
        _lastProgress = _time.GetTimestamp();
        foreach (var watcher in _watchers)
        {
            watcher.WakeForProgress();
        }
    }
}
