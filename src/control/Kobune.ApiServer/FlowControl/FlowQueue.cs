namespace Kobune.ApiServer.FlowControl;

/// <summary>One of a level's queues: requests of a few flows, first come first served.</summary>
internal sealed class FlowQueue
{
    public LinkedList<Waiter> Waiting { get; } = [];

    /// <summary>The level's clock at which the queue's next request is due: each request served moves it on, so that queues take turns.</summary>
    public long Due { get; set; }

    /// <summary>A request that waits for seats.</summary>
    internal sealed class Waiter(int seats)
    {
        public int Seats { get; } = seats;
        public TaskCompletionSource Started { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
