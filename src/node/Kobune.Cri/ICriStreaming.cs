using Kobune.Cri.V1;

namespace Kobune.Cri;

/// <summary>Running commands inside containers; the long-lived forms answer with a URL on the runtime's streaming server.</summary>
public interface ICriStreaming
{
    /// <summary>Runs to the end. A zero <paramref name="timeout"/> means none; past it the command is killed and the call fails with DeadlineExceeded.</summary>
    Task<ExecSyncResponse> ExecSyncAsync(string containerId, IEnumerable<string> command, TimeSpan timeout, CancellationToken cancellation);

    Task<string> ExecAsync(ExecRequest request, CancellationToken cancellation);

    Task<string> AttachAsync(AttachRequest request, CancellationToken cancellation);

    Task<string> PortForwardAsync(PortForwardRequest request, CancellationToken cancellation);
}
