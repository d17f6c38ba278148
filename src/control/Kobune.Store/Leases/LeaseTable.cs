namespace Kobune.Store.Leases;

/// <summary>
/// The live leases and one timer for the earliest end. There is no timer while there is no lease.
/// When it fires, the store collects <see cref="Expired"/> and deletes their keys in its own write order.
/// </summary>
internal sealed class LeaseTable(TimeProvider time, Action onDue) : IDisposable
{
    private sealed record Lease(TimeSpan TimeToLive, long RenewedAt);

    private readonly Lock _gate = new();
    private readonly Dictionary<long, Lease> _leases = [];
    private ITimer? _timer;
    private bool _closed;

    public bool Contains(long id)
    {
        lock (_gate)
        {
            return _leases.ContainsKey(id);
        }
    }

    public void Add(long id, TimeSpan timeToLive)
    {
        lock (_gate)
        {
            _leases[id] = new Lease(timeToLive, time.GetTimestamp());
            Rearm();
        }
    }

    /// <summary>False when the lease is unknown or its time is over, even if its keys are not deleted yet.</summary>
    public bool Renew(long id)
    {
        lock (_gate)
        {
            if (!_leases.TryGetValue(id, out var lease) || Remaining(lease) <= TimeSpan.Zero)
            {
                return false;
            }

            _leases[id] = lease with { RenewedAt = time.GetTimestamp() };
            return true;
        }
    }

    /// <summary>Removes the lease; its time to live when it was there, so that a failed transaction can put it back.</summary>
    public TimeSpan? Remove(long id)
    {
        lock (_gate)
        {
            return _leases.Remove(id, out var lease) ? lease.TimeToLive : null;
        }
    }

    /// <summary>The leases whose time is over, and sets the timer for the next one.</summary>
    public IReadOnlyList<long> Expired()
    {
        lock (_gate)
        {
            long[] expired = [.. _leases.Where(pair => Remaining(pair.Value) <= TimeSpan.Zero).Select(pair => pair.Key).Order()];
            Rearm();
            return expired;
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _closed = true;
            _timer?.Dispose();
            _timer = null;
        }
    }

    private TimeSpan Remaining(Lease lease) => lease.TimeToLive - time.GetElapsedTime(lease.RenewedAt);

    private void Rearm()
    {
        if (_closed)
        {
            return;
        }

        // Only what is not over yet: expired leases are already on their way to be revoked.
        var next = _leases.Values.Select(Remaining).Where(left => left > TimeSpan.Zero).DefaultIfEmpty(Timeout.InfiniteTimeSpan).Min();
        if (next == Timeout.InfiniteTimeSpan)
        {
            _timer?.Dispose();
            _timer = null;
            return;
        }

        // A timer may fire a little early; a millisecond more makes sure that the lease is over then.
        next += TimeSpan.FromMilliseconds(1);
        _timer ??= time.CreateTimer(static state => ((Action)state!)(), onDue, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _timer.Change(next, Timeout.InfiniteTimeSpan);
    }
}
