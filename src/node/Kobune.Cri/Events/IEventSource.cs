namespace Kobune.Cri.Events;

/// <summary>One subscription to one kind of event stream; ends or throws <see cref="Grpc.RpcException"/> when interrupted.</summary>
internal interface IEventSource
{
    IAsyncEnumerable<RuntimeEvent> SubscribeAsync(CancellationToken cancellation);
}
