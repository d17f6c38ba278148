using Google.Protobuf;

namespace Kobune.Testing.FakeCri;

/// <summary>A call as it arrived.</summary>
/// <param name="Method">Without the service: "RunPodSandbox".</param>
/// <param name="Request">The decoded message.</param>
public sealed record FakeCriCall(string Method, IMessage Request);
