using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Kobune.Cri.V1;

namespace Kobune.Testing.FakeCri;

/// <summary>Container events to every subscriber.</summary>
internal sealed class FakeEvents
{
    private readonly Lock _lock = new();
    private readonly List<Channel<ContainerEventResponse>> _subscribers = [];

    internal int Subscribers
    {
        get
        {
            lock (_lock)
                return _subscribers.Count;
        }
    }

    internal void Publish(ContainerEventResponse e)
    {
        lock (_lock)
        {
            foreach (var subscriber in _subscribers)
                subscriber.Writer.TryWrite(e);
        }
    }

    /// <summary>Ends every stream, as a restart of the runtime would.</summary>
    internal void Interrupt()
    {
        lock (_lock)
        {
            foreach (var subscriber in _subscribers)
                subscriber.Writer.TryComplete();
        }
    }

    internal async IAsyncEnumerable<ContainerEventResponse> SubscribeAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        var channel = Channel.CreateUnbounded<ContainerEventResponse>();
        lock (_lock)
            _subscribers.Add(channel);
        try
        {
            await foreach (ContainerEventResponse e in channel.Reader.ReadAllAsync(cancellation))
                yield return e;
        }
        finally
        {
            lock (_lock)
                _subscribers.Remove(channel);
        }
    }
}
