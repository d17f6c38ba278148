using Kobune.Api.Core.V1;
using Kobune.Api.Discovery.V1;
using Kobune.Proxy.Conntrack;
using Kobune.Proxy.Health;
using Kobune.Proxy.Iptables;
using Kobune.Proxy.Nftables;
using Kobune.Proxy.Services;
using Kobune.Proxy.Tools;
using Kobune.Runtime;
using Microsoft.Extensions.Logging;

namespace Kobune.Proxy;

/// <summary>
/// kube-proxy: follows Services, EndpointSlices and its own Node, and keeps the kernel's rules as they demand. A change of a
/// Service is one transaction that touches that Service's rules only.
/// </summary>
public sealed partial class KubeProxy
{
    private const string ServiceName = "kubernetes.io/service-name";
    private const string Ours = "!service.kubernetes.io/headless,!service.kubernetes.io/service-proxy-name";
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    private readonly KubeProxyOptions _options;
    private readonly ILogger _logger;
    private readonly InformerFactory _informers;
    private readonly Informer<Service> _services;
    private readonly Informer<EndpointSlice> _slices;
    private readonly Informer<Node> _nodes;
    private readonly IIndex<EndpointSlice> _byService;
    private readonly IProxyBackend _backend;
    private readonly ConntrackCleaner _conntrack;
    private readonly HealthCheckPorts _healthChecks;
    private readonly ProxyMetrics _metrics;
    private readonly PendingKeys _pending = new();
    private readonly Dictionary<string, ServicePlan> _plans = [];
    private readonly TaskCompletionSource _programmed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public KubeProxy(KubeProxyOptions options, ILoggerFactory loggers)
    {
        _options = options;
        _logger = loggers.CreateLogger<KubeProxy>();
        _informers = new InformerFactory(options.Client, options.Time, loggers);
        _services = _informers.Get<Service>(labelSelector: Ours);
        _slices = _informers.Get<EndpointSlice>(labelSelector: Ours);
        _nodes = _informers.Get<Node>(fieldSelector: "metadata.name=" + options.NodeName);
        _byService = _slices.IndexBy("service", static s => s.Metadata.Label(ServiceName) is { } name ? [$"{s.Namespace}/{name}"] : []);
        _backend = NewBackend(options.Mode);
        _conntrack = new ConntrackCleaner(new NetworkTool(options.NetworkNamespace));
        _healthChecks = new HealthCheckPorts(_logger);
        _metrics = new ProxyMetrics(options.Time);
    }

    /// <summary>Completes when the rules have been in the kernel once.</summary>
    public Task Programmed => _programmed.Task;

    /// <summary>Runs until cancelled. The rules stay when it ends: connections outlive it.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        _services.AddHandler(change => _pending.Add(change.Key.ToString()));
        _slices.AddHandler(OnSlice);
        _nodes.AddHandler(OnNode);
        _informers.Start(cancellationToken);
        var serving = ProxyEndpoints.ServeAsync(_options, _metrics, _logger, cancellationToken);
        try
        {
            await _informers.WaitForSyncAsync(cancellationToken);
            await RemoveOtherModeAsync(cancellationToken);
            while (true)
            {
                await SyncAsync(cancellationToken);
                await _pending.WaitAsync(cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // stopping
        }
        finally
        {
            await _healthChecks.DisposeAsync();
            await _informers.Completion.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await serving;
        }
    }

    // Rules of the mode that was used before would go on working beside ours.
    private async Task RemoveOtherModeAsync(CancellationToken cancellationToken)
    {
        try
        {
            var other = _options.Mode == ProxyMode.Iptables ? NewBackend(ProxyMode.Nftables) : NewBackend(ProxyMode.Iptables);
            await other.RemoveAsync(cancellationToken);
        }
        catch (Exception e) when (e is NetworkToolException or System.ComponentModel.Win32Exception)
        {
            LogOther(_logger, e.Message);
        }
    }

    private IProxyBackend NewBackend(ProxyMode mode)
    {
        var tool = new NetworkTool(_options.NetworkNamespace);
        return mode == ProxyMode.Iptables ? new IptablesBackend(tool) : new NftablesBackend(tool, _options.ServiceCidr);
    }

    private void OnSlice(InformerEvent<EndpointSlice> change)
    {
        foreach (var slice in new[] { change.Old, change.Object })
        {
            if (slice?.Metadata.Label(ServiceName) is { } name)
            {
                _pending.Add($"{slice.Namespace}/{name}");
            }
        }
    }

    // A node's status changes all the time; the rules depend on little of it.
    private void OnNode(InformerEvent<Node> change)
    {
        if (change.Old is null || !View(change.Old).Equals(View(change.Object)))
        {
            _pending.AddAll();
        }
    }

    private NodeView View(Node? node) => new(
        _options.NodeName,
        node?.Metadata.Label("topology.kubernetes.io/zone") ?? "",
        node?.Spec.PodCIDRs.Append(node.Spec.PodCIDR).FirstOrDefault(c => EndpointReader.IsIPv4(c.Split('/')[0])) ?? "",
        [.. node?.Status.Addresses.Where(a => a.Type is "InternalIP" or "ExternalIP" && EndpointReader.IsIPv4(a.Address)).Select(a => a.Address).Distinct() ?? []]);

    private async Task SyncAsync(CancellationToken cancellationToken)
    {
        var (keys, all) = _pending.Take();
        var node = View(_nodes.Get("", _options.NodeName));
        var start = _options.Time.GetTimestamp();
        if (all)
        {
            keys = [.. _services.List().Select(s => ObjectKey.Of(s).ToString()), .. _plans.Keys];
        }
        var changes = keys.ToDictionary(k => k, k => Plan(k, node));
        try
        {
            if (all)
            {
                await _backend.ReplaceAllAsync(node, [.. changes.Values.OfType<ServicePlan>()], cancellationToken);
            }
            else
            {
                await _backend.ChangeAsync(node, changes, cancellationToken);
            }
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            LogFailure(_logger, e.Message);
            _metrics.Failed();
            _pending.AddAll();
            await Task.Delay(RetryAfter, _options.Time, cancellationToken);
            return;
        }
        await AfterAsync(changes, cancellationToken);
        _metrics.Synced(_options.Time.GetElapsedTime(start), all, _services.List().Count);
        _programmed.TrySetResult();
    }

    // The rules stand: now connections may be sent away from endpoints that are gone, and balancers told.
    private async Task AfterAsync(Dictionary<string, ServicePlan?> changes, CancellationToken cancellationToken)
    {
        var stale = new List<StaleFlow>();
        foreach (var (key, plan) in changes)
        {
            _plans.Remove(key, out var old);
            stale.AddRange(StaleFlow.Between(old, plan));
            if (plan is not null)
            {
                _plans[key] = plan;
            }
            _healthChecks.Set(key, plan);
        }
        await _conntrack.CleanAsync(stale, cancellationToken);
    }

    private ServicePlan? Plan(string key, NodeView node)
    {
        var slash = key.IndexOf('/', StringComparison.Ordinal);
        return _services.Get(key[..slash], key[(slash + 1)..]) is { } service ? ServiceReader.Read(service, _byService.Get(key), node) : null;
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The rules of Services could not be written, trying again: {Reason}")]
    private static partial void LogFailure(ILogger logger, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "The rules of the other proxy mode were not looked for: {Reason}")]
    private static partial void LogOther(ILogger logger, string reason);
}
