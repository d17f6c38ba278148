namespace Kobune.ApiServer.FlowControl;

/// <summary>Why a request was refused, as the metrics and upstream call it.</summary>
internal enum FlowRefusal { None, QueueFull, ConcurrencyLimit, TimeOut }

/// <summary>
/// The server's seats, divided among the levels. A level always gets what is reserved for it; beyond that it takes its
/// nominal seats and borrows idle ones of others as long as what those others keep for themselves stays free. Borrowing is
/// decided seat by seat rather than periodically, so that a single busy client is never held back by idle levels.
/// </summary>
internal sealed class SeatPool(int total, TimeProvider time)
{
    private readonly Lock sync = new();
    private PriorityLevel[] levels = [];
    private int next;
    private int waiting;

    public IReadOnlyList<PriorityLevel> Levels => Volatile.Read(ref levels);

    /// <summary>Replaces the levels; those that stay keep their seats and queues. Configures under the lock.</summary>
    public void Configure(IReadOnlyList<PriorityLevel> wanted, Action configure)
    {
        lock (sync)
        {
            configure();
            var shares = wanted.Sum(l => l.Shares);
            foreach (var level in wanted)
            {
                level.Size(total, shares);
            }

            // A level that is gone is drained: it goes on lending out nothing until its last request is done.
            Volatile.Write(ref levels, [.. wanted, .. levels.Where(l => !wanted.Contains(l) && (l.InUse > 0 || l.Waiting > 0))]);
            Dispatch();
        }
    }

    /// <summary>Waits for seats, at most so long. Whoever gets None gives the seats back with <see cref="Leave"/>.</summary>
    public async ValueTask<FlowRefusal> EnterAsync(PriorityLevel level, ulong flow, int seats, TimeSpan patience, CancellationToken cancellationToken)
    {
        LinkedListNode<FlowQueue.Waiter> node;
        FlowQueue queue;
        lock (sync)
        {
            if (level.Exempt || (level.Waiting == 0 && MayStart(level, seats)))
            {
                level.InUse += seats;
                return FlowRefusal.None;
            }

            if (!level.Queues)
            {
                return FlowRefusal.ConcurrencyLimit;
            }

            if (level.Enqueue(flow, seats, out queue) is not { } queued)
            {
                return FlowRefusal.QueueFull;
            }

            node = queued;
            waiting++;
        }

        try
        {
            await node.Value.Started.Task.WaitAsync(patience, time, cancellationToken).ConfigureAwait(false);
            return FlowRefusal.None;
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            lock (sync)
            {
                if (node.Value.Started.Task.IsCompleted)
                {
                    if (e is TimeoutException)
                    {
                        return FlowRefusal.None;
                    }

                    level.InUse -= seats;
                    Dispatch();
                }
                else
                {
                    level.Withdraw(queue, node);
                    waiting--;
                }
            }

            if (e is TimeoutException)
            {
                return FlowRefusal.TimeOut;
            }

            throw;
        }
    }

    public void Leave(PriorityLevel level, int seats)
    {
        lock (sync)
        {
            level.InUse -= seats;
            if (waiting > 0)
            {
                Dispatch();
            }
        }
    }

    /// <summary>Starts what waits and may, the levels taking turns.</summary>
    private void Dispatch()
    {
        var idle = 0;
        while (waiting > 0 && levels.Length > 0 && idle < levels.Length)
        {
            var level = levels[next++ % levels.Length];
            if (level.Next() is { } queue && MayStart(level, queue.Waiting.First!.Value.Seats))
            {
                var waiter = level.Take(queue);
                waiting--;
                level.InUse += waiter.Seats;
                waiter.Started.TrySetResult();
                idle = 0;
            }
            else
            {
                idle++;
            }
        }
    }

    private bool MayStart(PriorityLevel level, int seats)
    {
        if (level.Exempt || level.InUse == 0 || level.InUse + seats <= level.Least)
        {
            // One request of a level always runs: even with no share at all it makes progress.
            return true;
        }

        var free = total;
        foreach (var other in levels)
        {
            if (!other.Exempt)
            {
                free -= other == level ? other.InUse : Math.Max(other.InUse, other.Least);
            }
        }

        return level.InUse + seats <= level.Most && seats <= free;
    }
}
