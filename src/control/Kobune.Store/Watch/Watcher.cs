using System.Threading.Channels;

namespace Kobune.Store.Watch;

/// <summary>
/// One reader of the live stream: a bounded list of events that match its prefix, and the revision up to which it knows
/// everything. What arrives while the reader is busy is merged into its next batch.
/// </summary>
internal sealed class Watcher : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Broadcaster _owner;
    private readonly string _prefix;
    private readonly long _from;
    private readonly int _limit;

    // Holds at most one wake-up; the state is in the fields.
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(1);
    private List<StoreEvent> _pending = [];
    private long _known;
    private long _delivered;
    private bool _tooSlow;
    private bool _closed;

    internal Watcher(Broadcaster owner, string prefix, long from, long known, int limit)
    {
        (_owner, _prefix, _from, _limit) = (owner, prefix, from, limit);
        (_known, _delivered) = (known, known);
    }

    /// <summary>Waits for the next batch; null when the store closes.</summary>
    /// <exception cref="SlowWatcherException">More events waited than the limit allows.</exception>
    public async ValueTask<WatchBatch?> ReadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            lock (_gate)
            {
                if (_tooSlow)
                {
                    throw new SlowWatcherException();
                }

                if (_known > _delivered)
                {
                    var batch = new WatchBatch(_known, _pending);
                    _pending = [];
                    _delivered = _known;
                    return batch;
                }

                if (_closed)
                {
                    return null;
                }
            }

            await _wake.Reader.ReadAsync(cancellationToken);
        }
    }

    /// <summary>Takes what matches. False when nothing did and the reader was not woken, so progress is due.</summary>
    internal bool Offer(long revision, IReadOnlyList<StoreEvent> events)
    {
        lock (_gate)
        {
            if (_tooSlow)
            {
                return true;
            }

            var before = _pending.Count;
            for (var i = 0; i < events.Count; i++)
            {
                if (events[i].Revision >= _from && events[i].Key.StartsWith(_prefix, StringComparison.Ordinal))
                {
                    _pending.Add(events[i]);
                }
            }

            _known = revision;
            if (_pending.Count == before)
            {
                return false;
            }

            if (_pending.Count > _limit)
            {
                (_tooSlow, _pending) = (true, []);
            }
        }

        _wake.Writer.TryWrite(true);
        return true;
    }

    internal void WakeForProgress()
    {
        lock (_gate)
        {
            if (_known == _delivered)
            {
                return;
            }
        }

        _wake.Writer.TryWrite(true);
    }

    internal void Close()
    {
        lock (_gate)
        {
            _closed = true;
        }

        _wake.Writer.TryWrite(true);
    }

    public void Dispose() => _owner.Remove(this);
}
