using System.Net;
using System.Security.Cryptography.X509Certificates;
using Kobune.Client;
using Kobune.Client.Config;
using Kobune.Client.Http;
using Kobune.Cluster;
using Kobune.Cri.Containerd;
using Kobune.Hosting;
using Kobune.Network;
using Kobune.Runtime;
using Microsoft.Extensions.Logging;

namespace Kobune.Joining;

/// <summary>How a node finds its cluster, and who it is there.</summary>
/// <param name="Server">The API's URL.</param>
/// <param name="Token">The join token; needed the first time.</param>
/// <param name="CaHash">The hash of the server's authority.</param>
/// <param name="NodeName">The Node's name.</param>
/// <param name="Address">The address that the server and the other nodes reach the node at.</param>
internal sealed record JoinSettings(Uri Server, string Token, string CaHash, string NodeName, IPAddress Address);

/// <summary>
/// A node of a control plane elsewhere. The first time it trusts the server by its authority's hash and asks with the token
/// for a certificate of its own; from then on it acts as itself, and renews what it has before that ends.
/// </summary>
internal sealed partial class JoinedNode(JoinSettings join, NodePaths paths, ContainerdOptions runtime, TimeProvider time, Random random, ILoggerFactory loggers) : IAsyncDisposable
{
    private static readonly Backoff Retry = new(TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(10));

    private readonly CancellationTokenSource _stopping = new();
    private readonly ILogger _logger = loggers.CreateLogger<JoinedNode>();
    private readonly NodeCertificates _certificates = new(paths.Pki, join.NodeName, join.Address, time, random);
    private KubeTransport? _transport;
    private NodeAgent? _node;
    private Task _renewal = Task.CompletedTask;

    /// <summary>Settings for tests and special clusters: what the network is, when it is not what the server says.</summary>
    public Func<NodeNetworkSettings, NodeNetworkSettings> AdaptNetwork { get; init; } = static n => n;

    /// <summary>Starts the node; returns when it is Ready.</summary>
    public async Task StartAsync(StartupReport report, CancellationToken cancellationToken)
    {
        var authority = await FindServerAsync(cancellationToken);
        var config = new ClientConfig { Server = join.Server, CertificateAuthorities = [authority], UserAgent = "kobune-agent/v1.36.0" };
        var identity = await report.StepAsync("Joining the cluster", "Joined the cluster", () => JoinAsync(config, cancellationToken));
        _transport = new KubeTransport(config with { ClientCertificate = identity }, time);
        var client = new HttpKubeClient(_transport);
        await _certificates.Serving.EnsureAsync(client, cancellationToken);
        var network = AdaptNetwork(await ClusterFacts.ReadAsync(client, cancellationToken));
        _node = new NodeAgent(
            new NodeSettings(join.NodeName, join.Address, paths, runtime, network)
            {
                Certificate = () => _certificates.Serving.Current!,
                ClientAuthority = authority,
            },
            time, loggers);
        await report.StepAsync("Starting containerd", "containerd is running", () => _node.StartRuntimeAsync(cancellationToken));
        _renewal = _certificates.RenewAsync(client, Renewed, e => LogNotRenewed(e.Message), _stopping.Token);
        _node.StartProxy(client);
        await report.StepAsync("Waiting for the node", $"Node {join.NodeName} is Ready", () => _node.StartKubeletAsync(client, cancellationToken));
    }

    /// <summary>Runs until asked to stop, or until a part fails for good.</summary>
    public async Task RunAsync(CancellationToken cancellationToken) =>
        await await Task.WhenAny([.. _node!.Running, _renewal]).WaitAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _renewal.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_node is not null)
        {
            await _node.DisposeAsync();
        }
        _transport?.Dispose();
        _stopping.Dispose();
    }

    // A node may come up before its server does, as after a power cut.
    private async Task<X509Certificate2> FindServerAsync(CancellationToken cancellationToken)
    {
        for (var failures = 0; ; failures++)
        {
            try
            {
                return await ServerTrust.FetchAuthorityAsync(join.Server, join.CaHash, time, cancellationToken);
            }
            catch (Exception e) when (e is HttpRequestException or IOException)
            {
                LogNoServer(join.Server, e.Message);
                await Task.Delay(Retry.Delay(failures), time, cancellationToken);
            }
        }
    }

    private async Task<X509Certificate2> JoinAsync(ClientConfig config, CancellationToken cancellationToken)
    {
        if (_certificates.Client.Current is { } kept)
        {
            return kept;
        }
        if (join.Token.Length == 0)
        {
            throw new UserErrorException("this node has no certificate yet: the first time it needs the token that «kobune server» printed (--token)");
        }
        using var bootstrap = new KubeTransport(config with { Token = join.Token }, time);
        return await _certificates.Client.EnsureAsync(new HttpKubeClient(bootstrap), cancellationToken);
    }

    private void Renewed(X509Certificate2 certificate)
    {
        _transport!.Renew(certificate);
        LogRenewed(certificate.NotAfter.ToUniversalTime());
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The server {Server} does not answer yet: {Reason}")]
    private partial void LogNoServer(Uri server, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "The node has a new certificate, which holds until {End:u}")]
    private partial void LogRenewed(DateTime end);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A certificate was not renewed, and will be asked for again: {Reason}")]
    private partial void LogNotRenewed(string reason);
}
