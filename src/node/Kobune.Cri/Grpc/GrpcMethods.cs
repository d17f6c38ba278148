using Google.Protobuf;

namespace Kobune.Cri.Grpc;

/// <summary>What a <see cref="GrpcServer"/> serves: handlers by "/package.Service/Method". Handlers throw <see cref="RpcException"/> to fail.</summary>
public sealed class GrpcMethods
{
    internal Dictionary<string, Func<Stream, GrpcAnswer, CancellationToken, Task>> Handlers { get; } = new(StringComparer.Ordinal);

    public GrpcMethods Unary<TRequest, TResponse>(
        string method, MessageParser<TRequest> parser, Func<TRequest, CancellationToken, Task<TResponse>> handler)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse>
    {
        Handlers.Add(method, async (body, answer, cancellation) =>
        {
            TRequest request = await ReadAsync(body, parser, cancellation).ConfigureAwait(false);
            await answer.WriteAsync(await handler(request, cancellation).ConfigureAwait(false), cancellation).ConfigureAwait(false);
        });
        return this;
    }

    public GrpcMethods Stream<TRequest, TResponse>(
        string method, MessageParser<TRequest> parser, Func<TRequest, CancellationToken, IAsyncEnumerable<TResponse>> handler)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse>
    {
        Handlers.Add(method, async (body, answer, cancellation) =>
        {
            TRequest request = await ReadAsync(body, parser, cancellation).ConfigureAwait(false);
            await foreach (TResponse message in handler(request, cancellation).ConfigureAwait(false))
                await answer.WriteAsync(message, cancellation).ConfigureAwait(false);
        });
        return this;
    }

    private static async Task<T> ReadAsync<T>(Stream body, MessageParser<T> parser, CancellationToken cancellation)
        where T : class, IMessage<T> =>
        await GrpcFraming.ReadAsync(body, parser, cancellation).ConfigureAwait(false)
            ?? throw new RpcException(StatusCode.Internal, "no request message");
}
