using Kobune.Cri.Grpc;

namespace Kobune.Testing.FakeCri;

/// <summary>How a call is to fail.</summary>
public sealed record FakeFailure(StatusCode Code, string Message)
{
    internal RpcException ToException() => new(Code, Message);
}
