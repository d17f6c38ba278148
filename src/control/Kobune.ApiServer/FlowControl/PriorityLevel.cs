using Kobune.Api.FlowControl.V1;

namespace Kobune.ApiServer.FlowControl;

/// <summary>
/// One priority level: its share of the seats, what it may lend and borrow, and its queues. The <see cref="SeatPool"/>'s
/// lock guards everything that changes.
/// </summary>
internal sealed class PriorityLevel(string name)
{
    private FlowQueue[] queues = [];
    private int handSize;
    private int queueLimit;
    private long clock;

    public string Name { get; } = name;
    public string Uid { get; private set; } = "";
    public bool Exempt { get; private set; }
    /// <summary>Whether requests may wait; otherwise those that find no seat are refused at once.</summary>
    public bool Queues => queues.Length > 0;
    public int Shares { get; private set; }

    /// <summary>Seats by share.</summary>
    public int Nominal { get; private set; }
    /// <summary>Seats that nobody may borrow.</summary>
    public int Least { get; private set; }
    /// <summary>Seats with all that it may borrow.</summary>
    public int Most { get; private set; }
    public int InUse { get; set; }
    public int Waiting { get; private set; }

    private int lendable;
    private int? borrowing;

    public void Configure(PriorityLevelConfiguration level)
    {
        Uid = level.Metadata.Uid;
        Exempt = level.Spec.Type == "Exempt";
        Shares = level.Spec.Limited?.NominalConcurrencyShares ?? level.Spec.Exempt?.NominalConcurrencyShares ?? (Exempt ? 0 : 30);
        lendable = level.Spec.Limited?.LendablePercent ?? level.Spec.Exempt?.LendablePercent ?? 0;
        borrowing = level.Spec.Limited?.BorrowingLimitPercent;
        var queuing = level.Spec.Limited?.LimitResponse.Queuing;
        var wanted = queuing is null ? 0 : Math.Clamp(queuing.Queues, 1, 10_000);
        handSize = queuing is null ? 1 : Math.Clamp(queuing.HandSize, 1, wanted);
        queueLimit = queuing?.QueueLengthLimit ?? 0;
        if (wanted != queues.Length && Waiting == 0)
        {
            // While requests wait the old queues stay; the next change of configuration tries again.
            queues = [.. Enumerable.Range(0, wanted).Select(_ => new FlowQueue())];
        }
    }

    public void Size(int total, int shares)
    {
        Nominal = shares == 0 ? 0 : (int)Math.Ceiling((double)total * Shares / shares);
        Least = Nominal - (Nominal * lendable / 100);
        Most = borrowing is { } percent ? Math.Min(total, Nominal + (Nominal * percent / 100)) : total;
    }

    /// <summary>Puts a request into the shortest of the queues that its flow is dealt; null when that one is full.</summary>
    public LinkedListNode<FlowQueue.Waiter>? Enqueue(ulong flow, int seats, out FlowQueue queue)
    {
        queue = Shortest(flow);
        if (queue.Waiting.Count >= queueLimit)
        {
            return null;
        }

        if (queue.Waiting.Count == 0)
        {
            // A queue that was empty has no claim on the past.
            queue.Due = Math.Max(queue.Due, clock);
        }

        Waiting++;
        return queue.Waiting.AddLast(new FlowQueue.Waiter(seats));
    }

    public void Withdraw(FlowQueue queue, LinkedListNode<FlowQueue.Waiter> node)
    {
        queue.Waiting.Remove(node);
        Waiting--;
    }

    /// <summary>The queue whose turn it is, or null.</summary>
    public FlowQueue? Next() => Waiting == 0 ? null : queues.Where(q => q.Waiting.Count > 0).MinBy(q => q.Due);

    /// <summary>Takes the queue's first request and moves the queue's turn on.</summary>
    public FlowQueue.Waiter Take(FlowQueue queue)
    {
        var waiter = queue.Waiting.First!.Value;
        queue.Waiting.RemoveFirst();
        Waiting--;
        clock = queue.Due;
        queue.Due += waiter.Seats;
        return waiter;
    }

    // Shuffle sharding: the flow's hash deals it a hand of different queues. A heavy flow fills its own hand; others share
    // only some of those queues with it and use the rest.
    private FlowQueue Shortest(ulong flow)
    {
        Span<int> hand = stackalloc int[Math.Min(handSize, 32)];
        var best = -1;
        for (var i = 0; i < hand.Length; i++)
        {
            var left = (ulong)(queues.Length - i);
            var card = (int)(flow % left);
            flow /= left;
            for (var j = 0; j < i; j++)
            {
                // The dealt cards are kept sorted: a card at or above one that is gone is the next one.
                if (card >= hand[j])
                {
                    card++;
                }
            }

            hand[i] = card;
            hand[..(i + 1)].Sort();
            if (best < 0 || queues[card].Waiting.Count < queues[best].Waiting.Count)
            {
                best = card;
            }
        }

        return queues[best];
    }
}
