using Kobune.Cri.V1;

namespace Kobune.Cri;

/// <summary>
/// runtime.v1.RuntimeService. Every call throws <see cref="Grpc.RpcException"/> with the runtime's status; NotFound is
/// an answer that callers must expect, since containers vanish on their own.
/// </summary>
public interface ICriRuntime : ICriSandboxes, ICriContainers, ICriStreaming, ICriStats
{
    Task<VersionResponse> VersionAsync(CancellationToken cancellation);

    /// <summary>RuntimeReady and NetworkReady; <paramref name="verbose"/> adds the runtime's configuration to Info.</summary>
    Task<StatusResponse> StatusAsync(bool verbose, CancellationToken cancellation);

    Task UpdateRuntimeConfigAsync(RuntimeConfig config, CancellationToken cancellation);

    /// <summary>The cgroup driver; Unimplemented before containerd 2.0.</summary>
    Task<RuntimeConfigResponse> RuntimeConfigAsync(CancellationToken cancellation);

    /// <summary>Container events; Unimplemented before containerd 1.7. Most callers want <see cref="Events.IRuntimeEvents"/>.</summary>
    IAsyncEnumerable<ContainerEventResponse> GetContainerEventsAsync(CancellationToken cancellation);
}
