using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.Client;
using Kobune.Cri;
using Kobune.Cri.Events;
using Kobune.Cri.Grpc;
using Kobune.Kubelet.Admission;
using Kobune.Kubelet.Configuration;
using Kobune.Kubelet.Eviction;
using Kobune.Kubelet.Hooks;
using Kobune.Kubelet.Images;
using Kobune.Kubelet.Logs;
using Kobune.Kubelet.Nodes;
using Kobune.Kubelet.Pods;
using Kobune.Kubelet.Pods.Decision;
using Kobune.Kubelet.Pods.Execution;
using Kobune.Kubelet.Probes;
using Kobune.Kubelet.Resources;
using Kobune.Kubelet.Runtime;
using Kobune.Kubelet.Server;
using Kobune.Kubelet.Volumes;
using Kobune.Kubelet.Volumes.Csi;
using Kobune.Runtime;
using Microsoft.Extensions.Logging;

namespace Kobune.Kubelet;

/// <summary>
/// The node agent: registers the Node, runs the Pods that are bound to it, and serves their logs and streams. Needs a CRI runtime
/// and an API; both may go away and come back. When it stops, containers go on, and the next one adopts them.
/// </summary>
public sealed class Kubelet : IAsyncDisposable
{
    private readonly KubeletOptions _options;
    private readonly CancellationTokenSource _stop = new();
    private readonly GrpcChannel _channel;
    private readonly CriClient _cri;
    private readonly EventRecorder _recorder;
    private readonly Informer<Pod> _pods;
    private readonly Informer<Service> _services;
    private readonly ReferencedObjects _objects;
    private readonly NodeReporter _node;
    private readonly LocalPathDirectory _localPath;
    private readonly CsiDrivers _csiDrivers;
    private readonly PodManager _manager;
    private readonly Routes _routes;
    private readonly LogRotator _rotator;
    private readonly ImageCollector _images;
    private readonly EvictionManager _evictions;
    private readonly ILoggerFactory _loggers;
    private readonly HttpProber _http = new();
    private readonly GrpcProber _grpc = new();

    public Kubelet(KubeletOptions options, ILoggerFactory loggers)
    {
        _options = options;
        _loggers = loggers;
        var time = options.Time;
        var client = options.Client;
        var facts = new NodeFacts(options.NodeName, [.. options.NodeAddresses.Select(a => a.ToString())]);
        var machine = MachineFacts.Read(options.MayLowerOomScore);
        var paths = new KubeletPaths(options);
        _channel = GrpcChannel.ForUnixSocket(options.CriSocket, time);
        _cri = new CriClient(_channel);
        _recorder = new EventRecorder(client, "kubelet", time, loggers.CreateLogger<EventRecorder>(), options.NodeName);
        _pods = new Informer<Pod>(client, new Selection(Pod.Info, FieldSelector: "spec.nodeName=" + options.NodeName), time, loggers.CreateLogger<Informer<Pod>>());
        _services = new Informer<Service>(client, new Selection(Service.Info), time, loggers.CreateLogger<Informer<Service>>());
        _objects = new ReferencedObjects(client, time, loggers.CreateLogger<ReferencedObjects>());

        var events = new PodEvents(_recorder);
        var pressure = new NodePressure();
        var nodeStatus = new NodeStatusBuilder(_cri, _cri, machine, new SystemFacts(), options, pressure, () => ServerPort);
        _node = new NodeReporter(client, nodeStatus, _recorder, options, loggers.CreateLogger<NodeReporter>());
        var tokens = new ServiceAccountTokens(client, time);
        var payloads = new Payloads(_objects, tokens, () => facts, nodeStatus.Allocatable);
        _localPath = new LocalPathDirectory(client, options, loggers.CreateLogger<LocalPathDirectory>());
        var nfs = new NfsMounts(paths);
        _csiDrivers = new CsiDrivers(options, new CsiNodeObject(client, options.NodeName), loggers.CreateLogger<CsiDrivers>());
        var csi = new CsiVolumes(_csiDrivers, paths, options, client, tokens);
        nodeStatus.VolumesInUse = csi.InUse;
        var persistent = new PersistentVolumes(new ClaimResolver(client, time), _localPath, nfs, csi, client, options);
        var volumes = new VolumeManager(paths, payloads, tokens, persistent, nfs, csi, nodeStatus.Allocatable, time, loggers.CreateLogger<VolumeManager>());
        var environment = new EnvironmentBuilder(_objects, new EnvFiles(volumes), () => _services.List(), () => facts, nodeStatus.Allocatable);
        var cgroups = new PodCgroups(options.CgroupRoot, time, loggers.CreateLogger<PodCgroups>());
        var observer = new RuntimeObserver(_cri, new TerminationMessages());
        var sandboxConfigs = new SandboxConfigBuilder(options, paths, new DnsConfigBuilder(options));
        var hooks = new HookRunner(_cri, _http, time);
        var ids = new RuntimeIds();
        var statuses = new StatusManager(client, time, loggers.CreateLogger<StatusManager>(), _stop.Token);
        var executor = new PodExecutor(
            client, _cri, observer, volumes,
            new ImageManager(_cri, new PullSecrets(_objects), events, time, options.MaxParallelPulls),
            new SandboxStarter(_cri, observer, sandboxConfigs, cgroups, ids, paths, options, new RuntimeHandlers(client)),
            new ContainerStarter(
                _cri, observer, new ContainerConfigBuilder(paths, environment, volumes, machine, time), sandboxConfigs, hooks, ids, paths, events, time),
            new ContainerStopper(_cri, observer, hooks, events, time),
            new ContainerResizer(_cri, cgroups, machine, events, time),
            new PodRemains(paths, options, cgroups), statuses, events, time, loggers.CreateLogger<PodExecutor>());
        var probeCounts = new ProbeCounts();
        var prober = new Prober(new ExecProber(_cri), _http, _grpc);
        var probes = new ProbeManager(prober, probeCounts, events, time, options.Random, facts, time.GetUtcNow());
        var ledger = new NodeLedger(nodeStatus.Allocatable);
        var admission = new PodAdmission(ledger, pressure, () => _node.Current, options);
        var shared = new WorkerServices(executor, observer, statuses, probes, new PodGrants(admission, ledger, events), ids, facts, time, loggers.CreateLogger<PodWorker>());
        _manager = new PodManager(
            _pods, _services, _cri, new RuntimeEvents(_cri, _channel, time, loggers.CreateLogger<RuntimeEvents>()), shared, volumes, _objects,
            new OrphanSweeper(paths, volumes), options, loggers.CreateLogger<PodManager>());
        _images = new ImageCollector(_cri, _cri, options, loggers.CreateLogger<ImageCollector>());
        _evictions = new EvictionManager(_manager, new NodeSignals(options), new PodUsage(_cri, paths), pressure, _images, events, _node.ReportSoon, options, loggers.CreateLogger<EvictionManager>());
        ledger.Freed += _manager.RetryResizes;
        _rotator = new LogRotator(_cri, _manager, options, loggers.CreateLogger<LogRotator>());
        _routes = new Routes(
            _manager, new ContainerLogs(_manager, paths, time), new RemoteCommands(_manager, _cri, time), new Statistics(_manager, _cri, machine, options),
            new CadvisorMetrics(_manager, _cri, machine), probeCounts, options);
    }

    /// <summary>Done when the Node object exists.</summary>
    public Task Registered => _node.Registered;

    /// <summary>Done when the Node has been reported Ready.</summary>
    public Task Ready => _node.Ready;

    /// <summary>The port on which the kubelet's API is served.</summary>
    public int ServerPort { get; private set; }

    /// <summary>Runs until cancelled. Containers are left running.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        await using var link = cancellation.Register(_stop.Cancel);
        var stopping = _stop.Token;
        await using var server = await StartServerAsync(stopping);
        try
        {
            await Task.WhenAll(
                Quietly(_recorder.RunAsync(stopping)),
                Quietly(_pods.RunAsync(stopping)),
                Quietly(_services.RunAsync(stopping)),
                Quietly(_node.RunAsync(stopping)),
                Quietly(_rotator.RunAsync(stopping)),
                Quietly(_localPath.RunAsync(stopping)),
                Quietly(_csiDrivers.RunAsync(_node.Registered, stopping)),
                Quietly(_evictions.RunAsync(stopping)),
                Quietly(_images.RunAsync(stopping)),
                Quietly(_manager.RunAsync(stopping)));
        }
        finally
        {
            await _stop.CancelAsync();
            await _objects.DisposeAsync();
        }

        static async Task Quietly(Task task)
        {
            try
            {
                await task;
            }
            catch (OperationCanceledException)
            {
                // The way to stop.
            }
        }
    }

    private async Task<KubeletServer?> StartServerAsync(CancellationToken stopping)
    {
        if (_options.Server is not { } server)
        {
            return null;
        }

        var authorizer = new ApiAuthorizer(_options.Client, _options.NodeName, server.ClientAuthorities, _options.Time);
        var started = await KubeletServer.StartAsync(server, authorizer, _routes.HandleAsync, _loggers, stopping);
        ServerPort = started.Port;
        return started;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _http.Dispose();
        _grpc.Dispose();
        _csiDrivers.Dispose();
        _channel.Dispose();
        _stop.Dispose();
    }
}
