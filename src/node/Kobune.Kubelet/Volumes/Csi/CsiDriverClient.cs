using Google.Protobuf;
using Kobune.Cri.Csi;
using Kobune.Cri.Grpc;
using NodeRpc = Kobune.Cri.Csi.NodeServiceCapability.Types.RPC.Types.Type;

namespace Kobune.Kubelet.Volumes.Csi;

/// <summary>A CSI driver on this node: its name, and the calls of CSI's node service on its socket.</summary>
internal sealed class CsiDriverClient(string name, string socket, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    private readonly GrpcChannel _channel = GrpcChannel.ForUnixSocket(socket, time);
    private IReadOnlySet<NodeRpc>? _capabilities;

    public string Name => name;

    public Task<NodeGetInfoResponse> InfoAsync(CancellationToken cancellation) =>
        CallAsync("NodeGetInfo", new NodeGetInfoRequest(), NodeGetInfoResponse.Parser, cancellation);

    /// <summary>What the driver can do beyond publishing; asked for once.</summary>
    public async Task<IReadOnlySet<NodeRpc>> CapabilitiesAsync(CancellationToken cancellation)
    {
        if (_capabilities is { } known)
        {
            return known;
        }

        var answer = await CallAsync("NodeGetCapabilities", new NodeGetCapabilitiesRequest(), NodeGetCapabilitiesResponse.Parser, cancellation);
        return _capabilities = answer.Capabilities.Where(c => c.Rpc is not null).Select(c => c.Rpc.Type).ToHashSet();
    }

    public Task StageAsync(NodeStageVolumeRequest request, CancellationToken cancellation) =>
        CallAsync("NodeStageVolume", request, NodeStageVolumeResponse.Parser, cancellation);

    public Task UnstageAsync(NodeUnstageVolumeRequest request, CancellationToken cancellation) =>
        CallAsync("NodeUnstageVolume", request, NodeUnstageVolumeResponse.Parser, cancellation);

    public Task PublishAsync(NodePublishVolumeRequest request, CancellationToken cancellation) =>
        CallAsync("NodePublishVolume", request, NodePublishVolumeResponse.Parser, cancellation);

    public Task UnpublishAsync(NodeUnpublishVolumeRequest request, CancellationToken cancellation) =>
        CallAsync("NodeUnpublishVolume", request, NodeUnpublishVolumeResponse.Parser, cancellation);

    public Task<NodeExpandVolumeResponse> ExpandAsync(NodeExpandVolumeRequest request, CancellationToken cancellation) =>
        CallAsync("NodeExpandVolume", request, NodeExpandVolumeResponse.Parser, cancellation);

    public Task<NodeGetVolumeStatsResponse> StatsAsync(NodeGetVolumeStatsRequest request, CancellationToken cancellation) =>
        CallAsync("NodeGetVolumeStats", request, NodeGetVolumeStatsResponse.Parser, cancellation);

    public void Dispose() => _channel.Dispose();

    private Task<T> CallAsync<T>(string method, IMessage request, MessageParser<T> parser, CancellationToken cancellation) where T : class, IMessage<T> =>
        _channel.UnaryAsync("/csi.v1.Node/" + method, request, parser, Limit, cancellation);
}
