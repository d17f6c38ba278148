using System.Net;
using System.Threading.Channels;
using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.Client;
using Kobune.Hosting;
using Kobune.Runtime;
using Microsoft.Extensions.Logging;

namespace Kobune.Network;

/// <summary>
/// One node's part of the flat Pod network: gives its own Pods a network as soon as the controllers have given the node a
/// range, and keeps the ways to all other nodes' Pods as the Nodes come, change and go.
/// </summary>
internal sealed partial class NodeNetworking(
    NodeNetworkSettings settings, string nodeName, IPAddress address, PodNetwork pods, IKubeClient client, TimeProvider time, ILoggerFactory loggers)
{
    private static readonly Backoff Retry = new(TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(15));

    private readonly ILogger _logger = loggers.CreateLogger<NodeNetworking>();
    private readonly Informer<Node> _nodes = new(client, new Selection(Node.Info), time, loggers.CreateLogger<Informer<Node>>());

    // One signal is as good as many: a round looks at everything.
    private readonly Channel<bool> _changed = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    private bool _guarded;

    /// <summary>Runs until cancelled. What it set up stays: Pods go on without it.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        PodNetwork.EnableForwarding();
        _nodes.AddHandler(change =>
        {
            if (change.Type != InformerEventType.Updated || PeerNode.From(change.Old!) != PeerNode.From(change.Object))
            {
                _changed.Writer.TryWrite(true);
            }
        });
        var informing = _nodes.RunAsync(cancellationToken);
        var failures = 0;
        while (await _changed.Reader.WaitToReadAsync(cancellationToken))
        {
            _changed.Reader.TryRead(out _);
            try
            {
                await ReconcileAsync(cancellationToken);
                failures = 0;
            }
            catch (Exception e) when (e is CommandFailedException or InvalidOperationException or IOException or HttpRequestException or KubeStatusException)
            {
                LogFailed(e.Message);
                await Task.Delay(Retry.Delay(failures++), time, cancellationToken);
                _changed.Writer.TryWrite(true);
            }
        }
        await informing;
    }

    private async Task ReconcileAsync(CancellationToken cancellationToken)
    {
        if (_nodes.Get("", nodeName) is not { } own || own.Spec.PodCIDR.Length == 0)
        {
            return;
        }
        var (link, linkMtu) = await KernelNetwork.InterfaceOfAsync(address, cancellationToken);
        if (!_guarded)
        {
            await NodeRules.EnsureAsync(settings, link, cancellationToken);
            _guarded = true;
        }
        var vxlan = new VxlanDevice(link, linkMtu, address);
        await ConnectOwnPodsAsync(own.Spec.PodCIDR, settings.Overlay == OverlayMode.Vxlan ? vxlan.Mtu : linkMtu, cancellationToken);
        if (settings.Overlay == OverlayMode.Vxlan)
        {
            await vxlan.EnsureAsync(own.Spec.PodCIDR[..own.Spec.PodCIDR.IndexOf('/', StringComparison.Ordinal)], cancellationToken);
            await AnnounceAsync(own, vxlan.Mac, cancellationToken);
        }
        // Until all Nodes are known, a way that leads to one of them could look like one too many.
        await _nodes.Synced.WaitAsync(cancellationToken);
        var peers = _nodes.List().Where(n => n.Metadata.Name != nodeName).Select(PeerNode.From).OfType<PeerNode>();
        var known = await KernelNetwork.OverlayAsync(settings.PodCidr, settings.Overlay, cancellationToken);
        await KernelNetwork.ChangeAsync(known, OverlayState.Of(settings.Overlay, link, peers), cancellationToken);
    }

    private async Task ConnectOwnPodsAsync(string podCidr, int mtu, CancellationToken cancellationToken)
    {
        if (pods.HadAnotherRange(podCidr))
        {
            // The bridge has the old range's gateway address, which the CNI plug-in refuses to work with.
            await HostProgram.TryRunAsync("ip", ["link", "delete", PodNetwork.Bridge], null, cancellationToken);
        }
        pods.Configure(podCidr, mtu);
    }

    private async Task AnnounceAsync(Node own, string mac, CancellationToken cancellationToken)
    {
        if (own.Metadata.Annotations.GetValueOrDefault(NodeAnnotations.VtepMac) != mac)
        {
            var body = $$"""{"metadata":{"annotations":{"{{NodeAnnotations.VtepMac}}":"{{mac}}"} } }""";
            await client.PatchAsync<Node>(null, nodeName, PatchKind.Merge, body, cancellationToken: cancellationToken);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The node's network is not as it should be yet: {Reason}")]
    private partial void LogFailed(string reason);
}
