namespace Kobune.ApiServer.Registry;

/// <summary>Wakes everybody who waits, once per <see cref="Set"/>. Take <see cref="Next"/> first, look at the state, then await it: no wake-up is lost.</summary>
internal sealed class AsyncSignal
{
    private TaskCompletionSource? waiting;

    public Task Next
    {
        get
        {
            var current = Volatile.Read(ref waiting);
            if (current is not null)
            {
                return current.Task;
            }

            var created = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return (Interlocked.CompareExchange(ref waiting, created, null) ?? created).Task;
        }
    }

    public void Set() => Interlocked.Exchange(ref waiting, null)?.TrySetResult();
}
