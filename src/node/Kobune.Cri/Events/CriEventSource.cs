using System.Runtime.CompilerServices;
using Kobune.Cri.V1;

namespace Kobune.Cri.Events;

/// <summary>CRI's own event stream (GetContainerEvents).</summary>
internal sealed class CriEventSource(ICriRuntime cri, TimeProvider time) : IEventSource
{
    public async IAsyncEnumerable<RuntimeEvent> SubscribeAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        await using var stream = cri.GetContainerEventsAsync(ended.Token).GetAsyncEnumerator(ended.Token);
        // Asking for the first event is what sends the subscription. The protocol has no acknowledgement, so this
        // announcement can be early by the time that a call takes; the safety relist covers that.
        Task<bool> next = stream.MoveNextAsync().AsTask();
        try
        {
            yield return new RuntimeEvent(RuntimeEventKind.Resync, "", null, time.GetUtcNow());
            while (await next.ConfigureAwait(false))
            {
                yield return Translate(stream.Current);
                next = stream.MoveNextAsync().AsTask();
            }
        }
        finally
        {
            // An enumerator must not be disposed of in the middle of a step.
            await ended.CancelAsync().ConfigureAwait(false);
            await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static RuntimeEvent Translate(ContainerEventResponse e)
    {
        RuntimeEventKind kind = e.ContainerEventType switch
        {
            ContainerEventType.ContainerCreatedEvent => RuntimeEventKind.Created,
            ContainerEventType.ContainerStartedEvent => RuntimeEventKind.Started,
            ContainerEventType.ContainerDeletedEvent => RuntimeEventKind.Deleted,
            _ => RuntimeEventKind.Stopped,
        };
        int? exitCode = kind == RuntimeEventKind.Stopped
            ? e.ContainersStatuses.FirstOrDefault(s => s.Id == e.ContainerId)?.ExitCode
            : null;
        return new RuntimeEvent(kind, e.ContainerId, exitCode, DateTimeOffset.UnixEpoch.AddTicks(e.CreatedAt / 100));
    }
}
