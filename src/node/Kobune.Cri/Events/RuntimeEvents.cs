using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Kobune.Cri.Containerd;
using Kobune.Cri.Grpc;
using Microsoft.Extensions.Logging;

namespace Kobune.Cri.Events;

/// <summary>
/// containerd's event service where there is one, CRI events otherwise. In that order, because CRI events know nothing of
/// memory kills, and containerd 1.7 hands each of them to only one of several subscribers.
/// </summary>
public sealed class RuntimeEvents(ICriRuntime cri, GrpcChannel channel, TimeProvider time, ILogger<RuntimeEvents> logger) : IRuntimeEvents
{
    // A consumer that falls this far behind holds up the stream; HTTP/2 flow control passes that on to the runtime.
    private const int Capacity = 1024;
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan MaxDelay = TimeSpan.FromSeconds(5);

    private readonly ExitSettling _settling = new(cri, time);

    public async IAsyncEnumerable<RuntimeEvent> WatchAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        var events = Channel.CreateBounded<RuntimeEvent>(Capacity);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        Task pump = PumpAsync(events.Writer, stop.Token);
        try
        {
            await foreach (RuntimeEvent e in events.Reader.ReadAllAsync(cancellation).ConfigureAwait(false))
                yield return e;
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await pump.ConfigureAwait(false);
        }
    }

    private async Task PumpAsync(ChannelWriter<RuntimeEvent> events, CancellationToken cancellation)
    {
        IEventSource source = new ContainerdEventSource(channel, time);
        TimeSpan delay = FirstDelay;
        try
        {
            while (true)
            {
                string reason = "end of stream";
                try
                {
                    await foreach (RuntimeEvent e in source.SubscribeAsync(cancellation).ConfigureAwait(false))
                    {
                        delay = FirstDelay;
                        await ForwardAsync(events, e, cancellation).ConfigureAwait(false);
                    }
                }
                catch (RpcException e) when (e.StatusCode == StatusCode.Unimplemented && source is ContainerdEventSource)
                {
                    source = new CriEventSource(cri, time);
                    continue;
                }
                catch (RpcException e)
                {
                    reason = e.Message;
                }
                logger.EventsInterrupted(reason, delay);
                await Task.Delay(delay, time, cancellation).ConfigureAwait(false);
                delay = delay * 2 < MaxDelay ? delay * 2 : MaxDelay;
            }
        }
        catch (Exception e)
        {
            events.TryComplete(e is OperationCanceledException ? null : e);
        }
    }

    // Exits wait for the runtime to know of them, and must not hold up the events of others meanwhile.
    private ValueTask ForwardAsync(ChannelWriter<RuntimeEvent> events, RuntimeEvent e, CancellationToken cancellation)
    {
        if (e.Kind != RuntimeEventKind.Stopped)
            return events.WriteAsync(e, cancellation);
        _ = SettleAsync(events, e, cancellation);
        return ValueTask.CompletedTask;
    }

    private async Task SettleAsync(ChannelWriter<RuntimeEvent> events, RuntimeEvent e, CancellationToken cancellation)
    {
        try
        {
            await _settling.WaitAsync(e.Id, cancellation).ConfigureAwait(false);
            await events.WriteAsync(e, cancellation).ConfigureAwait(false);
        }
        catch (Exception x) when (x is OperationCanceledException or ChannelClosedException)
        {
            // Nobody listens any more.
        }
    }
}
