using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.Client;
using Microsoft.Extensions.Logging;

namespace Kobune.ApiServer.Bootstrap;

/// <summary>What the server does once it serves: the cluster's own objects are made. The list is in order; each step is tried until it succeeds.</summary>
internal sealed partial class PostStartHooks
{
    private static readonly string[] SystemNamespaces = ["default", "kube-system", "kube-public", "kube-node-lease"];
    private readonly ApiServerServices services;
    private readonly ILogger logger;
    private readonly List<(string Name, Func<CancellationToken, Task> Step)> steps;
    private int done;

    public PostStartHooks(ApiServerServices services, FlowControl.FlowConfiguration flows)
    {
        this.services = services;
        logger = services.Loggers.CreateLogger<PostStartHooks>();
        steps =
        [
            ("system-namespaces", NamespacesAsync),
            ("rbac/bootstrap-roles", ct => Authorization.Rbac.RbacBootstrap.RunAsync(services, ct)),
            ("scheduling/bootstrap-system-priority-classes", ct => Admission.Plugins.SystemPriorityClasses.EnsureAsync(services.Client, ct)),
            ("priority-and-fairness-config-producer", flows.EnsureAsync),
            ("start-kubernetes-service-cidr-controller", new ServiceRange(services).EnsureAsync),
            ("kubernetes-service", new KubernetesService(services).EnsureAsync),
            ("resource-metrics", ct => ResourceMetrics.MetricsApiService.EnsureAsync(services, ct)),
            .. services.Options.PostStart.Select(p => (p.Name, (Func<CancellationToken, Task>)(ct => p.Step(services, ct)))),
        ];
    }

    /// <summary>The hooks' names, in order.</summary>
    public IEnumerable<string> Names => steps.Select(s => s.Name);

    public bool IsDone(string name) => steps.FindIndex(s => s.Name == name) < Volatile.Read(ref done);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        foreach (var (name, step) in steps)
        {
            await UntilDoneAsync(name, step, cancellationToken).ConfigureAwait(false);
            Interlocked.Increment(ref done);
        }
    }

    private async Task UntilDoneAsync(string name, Func<CancellationToken, Task> step, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                await step(cancellationToken).ConfigureAwait(false);
                return;
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                LogFailed(e, name);
            }

            await Task.Delay(TimeSpan.FromSeconds(1), services.Time, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task NamespacesAsync(CancellationToken cancellationToken)
    {
        foreach (var name in SystemNamespaces)
        {
            if (await services.Objects.FindAsync(ResourceInfo.Of<Namespace>(), null, name, false, cancellationToken).ConfigureAwait(false) is null)
            {
                await IfAbsentAsync(services.Client.CreateAsync(new Namespace { Metadata = new() { Name = name } }, null, cancellationToken)).ConfigureAwait(false);
            }
        }
    }

    internal static async Task IfAbsentAsync<T>(Task<T> create)
    {
        try
        {
            await create.ConfigureAwait(false);
        }
        catch (KubeStatusException e) when (e.IsAlreadyExists)
        {
            // Another server was faster.
        }
    }

    [LoggerMessage(EventId = 3200, Level = LogLevel.Warning, Message = "Post-start hook {Name} failed and will be tried again.")]
    private partial void LogFailed(Exception exception, string name);
}
