using Google.Protobuf;
using Kobune.Cri.Grpc;

namespace Kobune.Testing.FakeCri;

/// <summary>Registers handlers that log their calls first.</summary>
internal static class FakeServing
{
    internal static GrpcMethods Serve<TRequest, TResponse>(
        this GrpcMethods methods, FakeCallLog calls, string path, MessageParser<TRequest> parser, Func<TRequest, CancellationToken, Task<TResponse>> handler)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse> =>
        methods.Unary(path, parser, (request, cancellation) =>
        {
            calls.Add(path[(path.LastIndexOf('/') + 1)..], request);
            return handler(request, cancellation);
        });

    internal static GrpcMethods Serve<TRequest, TResponse>(
        this GrpcMethods methods, FakeCallLog calls, string path, MessageParser<TRequest> parser, Func<TRequest, TResponse> handler)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse> =>
        methods.Serve(calls, path, parser, (request, _) => Task.FromResult(handler(request)));
}
