using Kobune.ApiServer.Admission;
using Kobune.ApiServer.Admission.Webhooks;
using Kobune.ApiServer.Audit;
using Kobune.ApiServer.Authentication;
using Kobune.ApiServer.Bootstrap;
using Kobune.ApiServer.CustomResources;
using Kobune.ApiServer.CustomResources.Definitions;
using Kobune.ApiServer.Discovery;
using Kobune.ApiServer.Encryption;
using Kobune.ApiServer.FlowControl;
using Kobune.ApiServer.InProcess;
using Kobune.ApiServer.Patching;
using Kobune.ApiServer.Patching.Apply;
using Kobune.ApiServer.Pipeline;
using Kobune.ApiServer.Printing;
using Kobune.ApiServer.Registry;
using Kobune.ApiServer.ResourceMetrics;
using Kobune.ApiServer.Resources;
using Kobune.ApiServer.Streaming;
using Kobune.Client;
using Kobune.Runtime.Metrics;
using Kobune.Store;
using Microsoft.Extensions.Logging;

namespace Kobune.ApiServer;

/// <summary>
/// The API server as a component: it serves Kubernetes' HTTP API over TLS, and the same registry to callers in its own process.
/// The in-process clients work from construction on, once <see cref="StartAsync"/> has been called.
/// </summary>
public sealed class KubeApiServer : IAsyncDisposable
{
    private readonly CancellationTokenSource stopping = new();
    private readonly WatchHub hub;
    private readonly KestrelHost host;
    private readonly ResourceRegistry registry;
    private readonly AuthorizationStep authorization;
    private readonly PostStartHooks hooks;
    private readonly ConnectHandler connects;
    private readonly InProcessRequests requests;
    private readonly RequestChain chain;
    private readonly FlowConfiguration flows;
    private readonly AuditLog? audit;
    private readonly MetricRegistry metrics = new();
    private readonly ResourceMetricsApi? resourceMetrics;
    private readonly WebhookClients webhooks;
    private readonly CustomDefinitions definitions;
    private readonly DefinitionController definitionController;
    private Task? feeding;
    private Task? defining;
    private Task? hooking;
    private Task? following;

    public KubeApiServer(ApiServerOptions options, IStore store, TimeProvider time, ILoggerFactory loggers, Random? random = null)
    {
        Services = new ApiServerServices(options, time, loggers, random ?? new LockedRandom());
        store = options.Encryption is { } encryption ? new EncryptingStore(store, encryption) : store;
        hub = new WatchHub(store, time, loggers.CreateLogger<WatchHub>());
        var catalog = new ResourceCatalog(hub, store, () => ResourceHooksTable.Create(Services), () => ResourceHooksTable.CreateHandlers(Services));
        definitions = catalog.Definitions;
        authorization = new AuthorizationStep(options.Authorizers(Services));
        webhooks = new WebhookClients(Services);
        catalog.Conversions = new ConversionWebhooks(Services, webhooks);
        var admission = new AdmissionChain([.. AdmissionOrder.Create(Services, webhooks).Where(p => !options.DisabledAdmission.Contains(p.Name)), .. options.ExtraAdmission(Services)]);
        registry = new ResourceRegistry(catalog, hub, store, admission, Services, options.Patcher ?? new ObjectPatcher(), options.FieldManager ?? new ObjectFieldManager());
        requests = new InProcessRequests(http => chain!.HandleAsync(http));
        definitionController = new DefinitionController(Services, registry);
        Services.Client = ClientFor(UserInfo.Server);
        Services.Objects = new ObjectReader(catalog, store);
        Services.Authorizer = authorization;
        var flow = new FlowController(Services, metrics, info => catalog.Find(info.ApiGroup, info.ApiVersion, info.Resource)?.Cache?.Count ?? 0);
        flows = new FlowConfiguration(Services, catalog, flow);
        audit = options.Audit is { } wanted ? new AuditLog(wanted, time, loggers.CreateLogger<AuditLog>()) : null;
        hooks = new PostStartHooks(Services, flows);
        connects = new ConnectHandler(Services, registry, authorization);
        if (options.ServeResourceMetrics)
        {
            resourceMetrics = new ResourceMetricsApi(Services);
            resourceMetrics.Serve(catalog);
        }

        chain = Chain(catalog, flow, loggers);
        host = new KestrelHost(options, chain.HandleAsync, loggers);
    }

    /// <summary>What authenticators, authorizers, admission plug-ins and hooks are made with.</summary>
    public ApiServerServices Services { get; }

    /// <summary>The addresses served, "https://[::]:6443"; ports are the real ones.</summary>
    public IReadOnlyList<string> Addresses => host.Addresses;

    /// <summary>Completes when all post-start hooks have run once: the cluster's own objects exist.</summary>
    public Task Bootstrapped => hooking ?? Task.CompletedTask;

    public async Task StartAsync(CancellationToken cancellationToken = default)
    {
        feeding = hub.RunAsync(stopping.Token);
        await hub.Started.WaitAsync(cancellationToken).ConfigureAwait(false);
        await definitions.FreshenAsync(cancellationToken).ConfigureAwait(false);
        defining = definitionController.RunAsync(stopping.Token);
        await host.StartAsync(cancellationToken).ConfigureAwait(false);
        hooking = hooks.RunAsync(stopping.Token);
        following = FollowAsync();
    }

    /// <summary>A client that acts as the user, with the user's rights, without leaving the process.</summary>
    public IKubeClient ClientFor(UserInfo user) => new InProcessClient(registry, authorization, user, requests);

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync().ConfigureAwait(false);
        await host.DisposeAsync().ConfigureAwait(false);
        connects.Dispose();
        resourceMetrics?.Dispose();
        webhooks.Dispose();
        foreach (var task in new[] { feeding, defining, hooking, following })
        {
            if (task is not null)
            {
                await task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        if (audit is not null)
        {
            await audit.DisposeAsync().ConfigureAwait(false);
        }

        stopping.Dispose();
    }

    private async Task FollowAsync()
    {
        await Bootstrapped.ConfigureAwait(false);
        await flows.RunAsync(stopping.Token).ConfigureAwait(false);
    }

    private RequestChain Chain(ResourceCatalog catalog, FlowController flow, ILoggerFactory loggers)
    {
        var options = Services.Options;
        var tables = new TablePrinter(Services.Time);
        var responses = new ObjectResponses(tables);
        var directory = new ResourceDirectory(catalog);
        var health = new HealthChecks();
        health.Add("ping", false, static _ => ValueTask.FromResult(true));
        health.Add("etcd", false, async ct => await registry.IsStoreAliveAsync(ct).ConfigureAwait(false));
        health.Add("log", false, static _ => ValueTask.FromResult(true));
        foreach (var name in hooks.Names)
        {
            health.Add("poststarthook/" + name, true, _ => ValueTask.FromResult(hooks.IsDone(name)));
        }

        health.Add("shutdown", true, _ => ValueTask.FromResult(!stopping.IsCancellationRequested));
        var handler = new RequestHandler(
            catalog,
            new ReadHandler(registry, responses),
            new WriteHandler(registry, responses),
            new WatchHandler(registry, tables, Services.Time, Services.Random),
            connects,
            new NonResourcePaths(new DiscoveryDocuments(directory), new OpenApiDocuments(directory), health, new ServerMetrics(metrics, catalog), Services));
        return new RequestChain(
            Services, new Authenticators(options.Authenticators(Services), Services.Time), new Impersonation(authorization), audit, flow, authorization,
            handler, new RequestMetrics(metrics, i => catalog.Find(i.ApiGroup, i.ApiVersion, i.Resource) is not null), loggers.CreateLogger<RequestChain>());
    }
}
