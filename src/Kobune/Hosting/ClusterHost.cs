using System.Net;
using Kobune.Addons;
using Kobune.Api.Core.V1;
using Kobune.ApiServer.Authentication;
using Kobune.Client;
using Kobune.Cluster;
using Microsoft.Extensions.Logging;

namespace Kobune.Hosting;

/// <summary>
/// The whole cluster in one process: control plane and node. The order of start-up is the order of
/// <see cref="StartAsync"/>; what does not need each other starts side by side.
/// </summary>
internal sealed class ClusterHost : IAsyncDisposable
{
    private const string ControlPlaneRole = """{"metadata":{"labels":{"node-role.kubernetes.io/control-plane":""}}}""";

    // Far more than a slow machine needs; after it, the reason is in the log and there is no use in waiting on.
    private static readonly TimeSpan NodePatience = TimeSpan.FromMinutes(2);

    private readonly ClusterConfig _config;
    private readonly TimeProvider _time;
    private readonly ControlPlane _controlPlane;
    private readonly NodeAgent _node;
    private readonly AddonHost _addons;

    public ClusterHost(ClusterPaths paths, ClusterConfig config, TimeProvider time, ILoggerFactory loggers)
    {
        _config = config;
        _time = time;
        var address = IPAddress.Parse(config.NodeAddress);
        _controlPlane = new ControlPlane(
            new ControlPlaneSettings(paths.Database, paths.Pki, address)
            {
                Port = config.ApiPort,
                Names = [config.NodeName],
                PodCidr = config.PodCidr,
                ServiceCidr = config.ServiceCidr,
                JoinToken = JoinTokens.Keep(paths.JoinToken),
                ApiServer = config.ApiServer,
                LoadBalancerCidr = config.LoadBalancerCidr,
            },
            time, loggers);
        var certificate = _controlPlane.Pki.Kubelet(config.NodeName, [address]);
        var first = config.Nodes[0];
        _node = new NodeAgent(
            new NodeSettings(config.NodeName, address, paths.Node(first), ContainerRuntime.Configure(paths, config, first), config.NetworkSettings)
            {
                Certificate = () => certificate,
                ClientAuthority = _controlPlane.Pki.ClusterAuthority.Certificate,
            },
            time, loggers);
        _addons = new AddonHost(paths, () => _controlPlane.ClientFor("kobune", UserInfo.Masters), _controlPlane.ClientFor, time, loggers);
    }

    /// <summary>What can be switched on and off while the cluster runs.</summary>
    public AddonHost Addons => _addons;

    /// <summary>Starts everything and returns when the node is Ready and Pods can be made.</summary>
    public async Task StartAsync(StartupReport report, CancellationToken cancellationToken)
    {
        var runtime = report.StepAsync("Starting containerd", "containerd is running", () => _node.StartRuntimeAsync(cancellationToken));
        await report.StepAsync("Starting the API server", $"API server on {_config.ApiUrl}", () => _controlPlane.StartAsync(cancellationToken));
        _node.StartProxy(_controlPlane.ClientFor("system:kube-proxy"));
        await runtime;
        var identity = _controlPlane.ClientFor($"system:node:{_config.NodeName}", "system:nodes");
        await report.StepAsync("Waiting for the node", $"Node {_config.NodeName} is Ready", () => StartNodeAsync(identity, cancellationToken));
        await report.StepAsync("Waiting for the default service account", "Ready for Pods", () => WaitForServiceAccountAsync(cancellationToken));
        if (_config.Addons.Count > 0)
        {
            await report.StepAsync("Starting the addons", $"Addons: {string.Join(", ", _config.Addons)}", () => _addons.ApplyAsync(cancellationToken));
        }
    }

    /// <summary>Runs until asked to stop, or until a part fails for good.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var first = await Task.WhenAny([.. _controlPlane.Running, .. _node.Running]).WaitAsync(cancellationToken);
        await first;
    }

    public async ValueTask DisposeAsync()
    {
        await _addons.DisposeAsync();
        await _node.DisposeAsync();
        await _controlPlane.DisposeAsync();
    }

    private async Task StartNodeAsync(IKubeClient identity, CancellationToken cancellationToken)
    {
        try
        {
            await _node.StartKubeletAsync(identity, cancellationToken).WaitAsync(NodePatience, _time, cancellationToken);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"node {_config.NodeName} is not Ready after {NodePatience.TotalSeconds:0} s");
        }
        // A node may not give itself a role (NodeRestriction): the administrator does.
        await _controlPlane.ClientFor("kobune", UserInfo.Masters).PatchAsync<Node>(
            null, _config.NodeName, PatchKind.Merge, ControlPlaneRole, cancellationToken: cancellationToken);
    }

    // Pods are refused while their namespace has no default service account, which a controller makes.
    private async Task WaitForServiceAccountAsync(CancellationToken cancellationToken)
    {
        var client = _controlPlane.ClientFor("kobune", UserInfo.Masters);
        var options = new WatchOptions { FieldSelector = "metadata.name=default", SendInitialEvents = true };
        await foreach (var change in client.WatchAsync(ServiceAccount.Info, "default", options, cancellationToken))
        {
            if (change.Type == WatchEventType.Added)
            {
                return;
            }
        }
    }
}
