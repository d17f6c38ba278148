using Kobune.Api.Core.V1;
using Kobune.Api.Discovery.V1;
using Kobune.Api.Networking.V1;
using Kobune.Client;
using Kobune.Ingress.Nginx;
using Kobune.Ingress.Rendering;
using Kobune.Ingress.Routing;
using Kobune.Runtime;
using Microsoft.Extensions.Logging;

namespace Kobune.Ingress;

/// <summary>
/// Serves Ingresses with nginx on this node. Endpoints stand in nginx's configuration: nginx of Debian cannot take them
/// from outside while it runs. So a change of them is a reload, but only when the text differs, and changes within a moment
/// are one reload; until then, a request whose endpoint is gone goes to the next one.
/// </summary>
public sealed partial class IngressController
{
    // Long enough to gather the events of one rollout step, short beside what a Pod takes to start.
    private static readonly TimeSpan Gathering = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Watching = TimeSpan.FromSeconds(5);

    private readonly IngressOptions _options;
    private readonly NginxPaths _paths;
    private readonly IKubeClient _client;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ILister<Service> _services;
    private readonly ILister<Secret> _secrets;
    private readonly ILister<Api.Networking.V1.Ingress> _ingresses;
    private readonly IIndex<EndpointSlice> _slices;
    private readonly OwnIngresses _own;
    private readonly Task _synced;
    private readonly NginxProcess _nginx;
    private readonly CertificateFiles _certificates;
    private readonly EventRecorder _events;
    private readonly WorkQueue<string> _config;
    private readonly WorkQueue<ObjectKey> _status;
    private readonly Dictionary<string, string> _told = [];
    private readonly TaskCompletionSource _serving = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <param name="options">Where it keeps its files and what it listens on.</param>
    /// <param name="client">Writes the status of Ingresses and events.</param>
    /// <param name="informers">Ingresses, IngressClasses, Services, EndpointSlices and Secrets come from here; whoever made it starts it.</param>
    /// <param name="time">The clock and all timers.</param>
    /// <param name="loggers">Where to log.</param>
    public IngressController(IngressOptions options, IKubeClient client, InformerFactory informers, TimeProvider time, ILoggerFactory loggers)
    {
        _options = options;
        _paths = new NginxPaths(options.Root);
        _client = client;
        _time = time;
        _logger = loggers.CreateLogger("Kobune.Ingress");
        _nginx = new NginxProcess(options, time);
        _certificates = new CertificateFiles(_paths, time);
        _events = new EventRecorder(client, "nginx-ingress-controller", time, _logger);
        _config = new WorkQueue<string>("ingress-config", time);
        _status = new WorkQueue<ObjectKey>("ingress-status", time);
        var ingresses = informers.Get<Api.Networking.V1.Ingress>();
        var classes = informers.Get<IngressClass>();
        var services = informers.Get<Service>();
        var slices = informers.Get<EndpointSlice>();
        var secrets = informers.Get<Secret>();
        (_ingresses, _services, _secrets, _own) = (ingresses, services, secrets, new OwnIngresses(ingresses, classes));
        _slices = slices.IndexBy("service-name", static s => s.Metadata.Labels.TryGetValue("kubernetes.io/service-name", out var name) ? [$"{s.Namespace}/{name}"] : []);
        _synced = Task.WhenAll(ingresses.Synced, classes.Synced, services.Synced, slices.Synced, secrets.Synced);
        ingresses.AddHandler(OnIngress);
        classes.AddHandler(_ => OnClass());
        services.AddHandler(_ => Renew());
        slices.AddHandler(_ => Renew());
        secrets.AddHandler(_ => Renew());
    }

    /// <summary>Completes when nginx serves.</summary>
    public Task Serving => _serving.Task;

    /// <summary>Runs until cancelled; nginx then ends too.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await _synced.WaitAsync(cancellationToken);
        _certificates.Prepare();
        Renew();
        try
        {
            await Task.WhenAll(
                new ControllerLoop<string>(_config, ConfigureAsync, 1, _logger).RunAsync(cancellationToken),
                new ControllerLoop<ObjectKey>(_status, ReportAsync, 1, _logger).RunAsync(cancellationToken),
                _events.RunAsync(cancellationToken),
                SuperviseAsync(cancellationToken));
        }
        finally
        {
            await _nginx.StopAsync();
            _config.Dispose();
            _status.Dispose();
        }
    }

    /// <summary>Ends an nginx that an earlier Kobune left behind in the folder.</summary>
    public static Task StopLeftoverAsync(string root, TimeProvider time) => new NginxProcess(new IngressOptions(root, ""), time).StopAsync();

    private void Renew() => _config.AddAfter("nginx.conf", Gathering);

    private void OnClass()
    {
        Renew();
        foreach (var ingress in _ingresses.List())
        {
            _status.Add(ObjectKey.Of(ingress));
        }
    }

    private void OnIngress(InformerEvent<Api.Networking.V1.Ingress> change)
    {
        // Our own status report changes nothing of what is served.
        if (change.Type != InformerEventType.Updated || change.Old!.Metadata.Generation != change.Object.Metadata.Generation
            || !change.Old!.Metadata.Annotations.Order().SequenceEqual(change.Object.Metadata.Annotations.Order()))
        {
            Renew();
            if (change.Type != InformerEventType.Deleted && _own.IsOurs(change.Object))
            {
                _events.Normal(change.Object, "Sync", "Scheduled for sync");
            }
        }
        _status.Add(change.Key);
    }

    private async Task ConfigureAsync(string key, CancellationToken cancellationToken)
    {
        var state = new ClusterState(
            _own.List(),
            _services.Get,
            (ns, name) => _slices.Get($"{ns}/{name}"),
            (ns, name) => _certificates.FileOf(_secrets.Get(ns, name)));
        var (config, problems) = RouteTable.Build(state);
        Tell(problems);
        var text = NginxConfigWriter.Write(config, _options);
        try
        {
            await _nginx.ApplyAsync(text, reload: false, cancellationToken);
        }
        catch (InvalidOperationException e)
        {
            LogRefused(e.Message);
            throw;
        }
        _certificates.Clean(text);
        if (_serving.TrySetResult())
        {
            LogServing(_options.HttpPort, _options.HttpsPort, state.Ingresses.Count);
        }
    }

    // Each problem once, until it changes.
    private void Tell(IReadOnlyList<Problem> problems)
    {
        var now = problems.GroupBy(p => p.Ingress.Metadata.Uid).ToDictionary(g => g.Key, g => string.Join("; ", g.Select(p => p.Message).Distinct()));
        foreach (var problem in problems.DistinctBy(p => p.Ingress.Metadata.Uid))
        {
            var message = now[problem.Ingress.Metadata.Uid];
            if (_told.GetValueOrDefault(problem.Ingress.Metadata.Uid) != message)
            {
                _events.Warning(problem.Ingress, "Rejected", message);
            }
        }
        _told.Clear();
        foreach (var (uid, message) in now)
        {
            _told[uid] = message;
        }
    }

    private async Task ReportAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        if (_ingresses.Get(key) is not { } ingress || !_own.IsOurs(ingress) || ingress.Status.LoadBalancer.Ingress is [{ } only] && only.Ip == _options.Address)
        {
            return;
        }
        await _serving.Task.WaitAsync(cancellationToken);
        var changed = ingress.Clone();
        changed.Status.LoadBalancer.Ingress = [new IngressLoadBalancerIngress { Ip = _options.Address }];
        await _client.UpdateStatusAsync(changed, cancellationToken: cancellationToken);
    }

    // nginx that dies, or is killed, is started again. An adopted one is no child of ours, so nobody tells: look.
    private async Task SuperviseAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _serving.Task.WaitAsync(cancellationToken);
            using var timer = new PeriodicTimer(Watching, _time);
            while (await timer.WaitForNextTickAsync(cancellationToken))
            {
                if (_nginx.RunningPid() is null)
                {
                    LogGone();
                    Renew();
                }
            }
        }
        catch (OperationCanceledException)
        {
            // stopping
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Ingress serves on ports {Http} and {Https}: {Count} Ingresses")]
    private partial void LogServing(int http, int https, int count);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Why}")]
    private partial void LogRefused(string why);

    [LoggerMessage(Level = LogLevel.Warning, Message = "nginx has ended; it is started again")]
    private partial void LogGone();
}
