using System.Net;
using Kobune.ApiServer;
using Kobune.ApiServer.Authentication;
using Kobune.ApiServer.Authentication.ServiceAccounts;
using Kobune.ApiServer.Authorization;
using Kobune.ApiServer.Authorization.Rbac;
using Kobune.ApiServer.Certificates;
using Kobune.Client;
using Kobune.Controllers;
using Kobune.Joining;
using Kobune.Network;
using Kobune.Runtime;
using Kobune.Runtime.Metrics;
using Kobune.Scheduler;
using Kobune.Store.Sqlite;
using Microsoft.Extensions.Logging;

namespace Kobune.Hosting;

/// <summary>Store, API server, controllers and scheduler: everything of a cluster but its nodes.</summary>
internal sealed class ControlPlane(ControlPlaneSettings settings, TimeProvider time, ILoggerFactory loggers) : IAsyncDisposable
{
    private const string ServiceAccountIssuer = "https://kubernetes.default.svc.cluster.local";

    private readonly CancellationTokenSource _stopping = new();
    private readonly List<Task> _running = [];
    private SqliteStore? _store;
    private KubeApiServer? _api;

    /// <summary>The keys and certificates.</summary>
    public ClusterPki Pki { get; } = new(settings.Pki, time);

    /// <summary>The parts that run; the first to end ends the whole.</summary>
    public IReadOnlyList<Task> Running => _running;

    /// <summary>Starts everything; returns when the API answers and the cluster's own objects exist.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _store = SqliteStore.Open(new SqliteStoreOptions(settings.Database), time);
        _api = new KubeApiServer(Options().With(settings.ApiServer, time, loggers), _store, time, loggers);
        await _api.StartAsync(cancellationToken);
        await _api.Bootstrapped.WaitAsync(cancellationToken);
        await LocalStorage.EnsureAsync(ClientFor("kobune", UserInfo.Masters), cancellationToken);
        var controllers = new ControllerManager(
            ClientFor,
            new ControllerManagerOptions { RootCertificate = Pki.ClusterAuthority.Pem, CertificateAuthority = Pki.ClusterAuthority, ClusterCidr = settings.PodCidr, LoadBalancerCidr = settings.LoadBalancerCidr },
            time, Ids.Random, loggers, new WorkQueueMetrics(MetricRegistry.Process));
        var scheduler = new Scheduler.Scheduler(ClientFor, new SchedulerOptions(), time, loggers);
        _running.Add(controllers.RunAsync(_stopping.Token));
        _running.Add(scheduler.RunAsync(_stopping.Token));
        if (settings.JoinToken is { } token)
        {
            var administrator = ClientFor("kobune", UserInfo.Masters);
            await JoinTokens.EnsureAsync(administrator, token, cancellationToken);
            await ServerTrust.PublishAsync(administrator, Pki.ClusterAuthority.Pem, settings.Url, cancellationToken);
            await ClusterFacts.PublishAsync(administrator, new NodeNetworkSettings(settings.PodCidr, settings.ServiceCidr, settings.Overlay), cancellationToken);
        }
    }

    /// <summary>A client that acts as the user, in this process. Names of service accounts bring their groups along.</summary>
    public IKubeClient ClientFor(string user) => user.StartsWith("system:serviceaccount:", StringComparison.Ordinal)
        ? ClientFor(user, "system:serviceaccounts", "system:serviceaccounts:" + user.Split(':')[2])
        : ClientFor(user, []);

    public IKubeClient ClientFor(string user, params string[] groups) => _api!.ClientFor(UserInfo.Of(user, groups));

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        foreach (var task in _running)
        {
            await task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        if (_api is not null)
        {
            await _api.DisposeAsync();
        }
        if (_store is not null)
        {
            await _store.DisposeAsync();
        }
        _stopping.Dispose();
    }

    private ApiServerOptions Options()
    {
        var tokens = new ServiceAccountTokens(Pki.ServiceAccountKey, ServiceAccountIssuer);
        var services = IPNetwork.Parse(settings.ServiceCidr);
        return new ApiServerOptions
        {
            Listen = [new IPEndPoint(IPAddress.Any, settings.Port)],
            ServingCertificate = Pki.ApiServerServing(settings.Names, [settings.Address, First(services)]),
            AdvertiseAddress = new IPEndPoint(settings.Address, settings.Port),
            ServiceNetwork = services,
            Authenticators = s =>
            [
                new ClientCertificateAuthenticator(Pki.ClusterAuthority.Certificate),
                new ServiceAccountAuthenticator(s, tokens),
                new BootstrapTokenAuthenticator(s),
                new UnknownTokenAuthenticator(),
            ],
            Authorizers = s => [new NodeAuthorizer(s), new RbacAuthorizer(s)],
            KubeletClientCertificate = Pki.ApiServerKubeletClient(),
            KubeletCa = Pki.ClusterAuthority.Certificate,
            ServiceAccountIssuer = ServiceAccountIssuer,
            ServiceAccountTokens = tokens,
            JsonWebKeySet = tokens.JsonWebKeySet,
            ServeResourceMetrics = true,
            PostStart = [("kube-dns-service", KubeDnsService.EnsureAsync)],
        };
    }

    private static IPAddress First(IPNetwork network)
    {
        var bytes = network.BaseAddress.GetAddressBytes();
        bytes[^1] |= 1;
        return new IPAddress(bytes);
    }
}
