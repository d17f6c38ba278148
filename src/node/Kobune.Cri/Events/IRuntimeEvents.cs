namespace Kobune.Cri.Events;

/// <summary>What wakes the kubelet.</summary>
public interface IRuntimeEvents
{
    /// <summary>
    /// Events until cancelled. Interruptions are bridged by subscribing again, each time announced with
    /// <see cref="RuntimeEventKind.Resync"/>. Each enumeration is a subscription of its own.
    /// </summary>
    IAsyncEnumerable<RuntimeEvent> WatchAsync(CancellationToken cancellation);
}
