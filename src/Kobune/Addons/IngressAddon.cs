using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.Api.Networking.V1;
using Kobune.Api.Rbac.V1;
using Kobune.Client;
using Kobune.Cluster;
using Kobune.Hosting;
using Kobune.Ingress;
using Kobune.Runtime;
using Microsoft.Extensions.Logging;

namespace Kobune.Addons;

/// <summary>
/// The ingress controller with its identity, as ingress-nginx names them: service account ingress-nginx/ingress-nginx with
/// a role of its own, and the IngressClass nginx, which is the default one.
/// </summary>
internal sealed class IngressAddon : IAsyncDisposable
{
    public const string ClassName = "nginx";
    private const string Name = "ingress-nginx";

    private readonly CancellationTokenSource _stopping = new();
    private readonly IKubeClient _admin;
    private readonly InformerFactory _informers;
    private readonly Task _running;

    private IngressAddon(IngressOptions options, IKubeClient admin, IKubeClient client, TimeProvider time, ILoggerFactory loggers)
    {
        _admin = admin;
        _informers = new InformerFactory(client, time, loggers);
        var controller = new IngressController(options, client, _informers, time, loggers);
        _informers.Start(_stopping.Token);
        _running = controller.RunAsync(_stopping.Token);
    }

    public static async Task<IngressAddon> StartAsync(
        ClusterPaths paths, ClusterConfig config, IKubeClient admin, Func<string, IKubeClient> clientFor, TimeProvider time, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        await EnsureAsync(admin, cancellationToken);
        var options = new IngressOptions(paths.Ingress, config.NodeAddress)
        {
            Program = HostProgram.Find("nginx") ?? throw new UserErrorException("nginx is missing; kobune addons enable ingress installs it"),
            Resolver = $"{config.NodeAddress}:{Dns.DnsOptions.DefaultPort}",
        };
        return new IngressAddon(options, admin, clientFor($"system:serviceaccount:{Name}:{Name}"), time, loggers);
    }

    /// <summary>Takes the class away; Ingresses stay, and nobody serves them.</summary>
    public async Task RemoveAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _admin.DeleteAsync<IngressClass>(null, ClassName, cancellationToken: cancellationToken);
        }
        catch (KubeStatusException e) when (e.IsNotFound)
        {
            // Somebody did already.
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _informers.Completion.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stopping.Dispose();
    }

    private static async Task EnsureAsync(IKubeClient client, CancellationToken cancellationToken)
    {
        await CreateAsync(client, new Namespace { Metadata = { Name = Name } }, cancellationToken);
        await CreateAsync(client, new ServiceAccount { Metadata = { Name = Name, Namespace = Name } }, cancellationToken);
        await CreateAsync(client, new ClusterRole
        {
            Metadata = { Name = Name },
            Rules =
            [
                Rule("", ["services", "secrets"], "list", "watch"),
                Rule("discovery.k8s.io", ["endpointslices"], "list", "watch"),
                Rule("networking.k8s.io", ["ingresses", "ingressclasses"], "get", "list", "watch"),
                Rule("networking.k8s.io", ["ingresses/status"], "update"),
                Rule("", ["events"], "create", "patch", "update"),
            ],
        }, cancellationToken);
        await CreateAsync(client, new ClusterRoleBinding
        {
            Metadata = { Name = Name },
            RoleRef = new RoleRef { ApiGroup = ClusterRole.Info.Group, Kind = "ClusterRole", Name = Name },
            Subjects = [new Subject { Kind = "ServiceAccount", Name = Name, Namespace = Name }],
        }, cancellationToken);
        var ingressClass = new IngressClass { Metadata = { Name = ClassName }, Spec = { Controller = "k8s.io/ingress-nginx" } };
        ingressClass.Metadata.Annotations["ingressclass.kubernetes.io/is-default-class"] = "true";
        await CreateAsync(client, ingressClass, cancellationToken);
    }

    private static PolicyRule Rule(string group, string[] resources, params string[] verbs) => new() { ApiGroups = [group], Resources = [.. resources], Verbs = [.. verbs] };

    private static async Task CreateAsync<T>(IKubeClient client, T obj, CancellationToken cancellationToken) where T : KubeObject, IKubeKind<T>
    {
        try
        {
            await client.CreateAsync(obj, null, cancellationToken);
        }
        catch (KubeStatusException e) when (e.IsAlreadyExists)
        {
            // From an earlier start.
        }
    }
}
