using Kobune.Client;
using Kobune.Controllers.Autoscaling;
using Kobune.Controllers.Bootstrap;
using Kobune.Controllers.Certificates;
using Kobune.Controllers.ClusterRoles;
using Kobune.Controllers.CronJobs;
using Kobune.Controllers.DaemonSets;
using Kobune.Controllers.Deployments;
using Kobune.Controllers.Disruption;
using Kobune.Controllers.Endpoints;
using Kobune.Controllers.EphemeralVolumes;
using Kobune.Controllers.GarbageCollection;
using Kobune.Controllers.Jobs;
using Kobune.Controllers.LoadBalancers;
using Kobune.Controllers.Namespaces;
using Kobune.Controllers.NodeIpam;
using Kobune.Controllers.NodeLifecycle;
using Kobune.Controllers.PodGarbage;
using Kobune.Controllers.Quotas;
using Kobune.Controllers.Replicas;
using Kobune.Controllers.Resources;
using Kobune.Controllers.RootCertificates;
using Kobune.Controllers.ServiceAccounts;
using Kobune.Controllers.ServiceRanges;
using Kobune.Controllers.StatefulSets;
using Kobune.Controllers.TtlAfterFinished;
using Kobune.Controllers.Volumes;
using Kobune.Controllers.Volumes.Attach;
using Kobune.Controllers.Volumes.LocalPath;
using Kobune.Runtime;
using Microsoft.Extensions.Logging;

namespace Kobune.Controllers;

/// <summary>All controllers over one set of caches. It acts only while it runs: under leader election, run it as the leader.</summary>
public sealed class ControllerManager
{
    private readonly InformerFactory _informers;
    private readonly IReadOnlyList<Controller> _controllers;

    /// <param name="clientFor">Gives a client that acts as the user of the given name; the manager itself reads as <c>system:kube-controller-manager</c>.</param>
    /// <param name="options">What the controllers need to know of the cluster.</param>
    /// <param name="time">The clock and all timers.</param>
    /// <param name="ids">The source of generated names.</param>
    /// <param name="loggers">Where to log.</param>
    /// <param name="metrics">Hears of the queues.</param>
    public ControllerManager(
        Func<string, IKubeClient> clientFor, ControllerManagerOptions options, TimeProvider time, Ids ids, ILoggerFactory loggers, IWorkQueueMetrics? metrics = null)
    {
        _informers = new InformerFactory(clientFor("system:kube-controller-manager"), time, loggers);
        var context = new ControllerContext(clientFor, _informers, time, ids, loggers, metrics);
        _controllers = Compose(context, options);
    }

    /// <summary>For diagnosis: the names and what each watches and writes.</summary>
    public IReadOnlyList<Controller> Controllers => _controllers;

    /// <summary>True when no controller has anything to do now or later; a settled cluster is idle.</summary>
    public bool IsIdle => _controllers.All(c => c.IsIdle);

    /// <summary>Runs all controllers until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        _informers.Start(cancellationToken);
        await Task.WhenAll(_controllers.Select(c => c.RunAsync(cancellationToken)));
        await _informers.Completion;
    }

    // The whole list: every controller there is stands here and nowhere else.
    private static List<Controller> Compose(ControllerContext context, ControllerManagerOptions options)
    {
        var catalog = new ResourceCatalog(context.Informers);
        var feed = new ResourceFeed(
            catalog, context.ClientFor("system:serviceaccount:kube-system:generic-garbage-collector"), context.Time, context.Loggers.CreateLogger("Kobune.Controllers.ResourceFeed"));
        return
        [
            new DeploymentController(context),
            new ReplicaSetController(context),
            new ReplicationControllerController(context),
            new StatefulSetController(context),
            new DaemonSetController(context),
            new JobController(context),
            new CronJobController(context),
            new EndpointSliceController(context),
            new EndpointsController(context),
            new EndpointSliceMirroringController(context),
            new EphemeralVolumeController(context),
            new GarbageCollector(context, catalog, feed),
            new NamespaceController(context, catalog, feed),
            new ResourceQuotaController(context, catalog, feed),
            new HorizontalController(context, catalog),
            new ServiceAccountController(context),
            new RootCertificatePublisher(context, options.RootCertificate),
            new CertificateApprover(context),
            new CertificateCleaner(context),
            new BootstrapSigner(context),
            new TokenCleaner(context),
            .. options.CertificateAuthority is { } authority ? [new CertificateSigner(context, authority)] : Array.Empty<Controller>(),
            .. options.LoadBalancerCidr.Length > 0 ? [new ServiceLoadBalancerController(context, options.LoadBalancerCidr)] : Array.Empty<Controller>(),
            new NodeLifecycleController(context, options.NodeLifecycle),
            new TaintEvictionController(context),
            new NodeIpamController(context, options.ClusterCidr, options.NodeCidrPrefix),
            new DisruptionController(context),
            new TtlAfterFinishedController(context),
            new ClusterRoleAggregationController(context),
            new PodGarbageCollector(context, options.TerminatedPodThreshold),
            new ServiceCidrController(context),
            new PersistentVolumeController(context),
            new ClaimProtectionController(context),
            new VolumeProtectionController(context),
            new VolumeExpandController(context),
            new LocalPathProvisioner(context),
            new AttachDetachController(context),
        ];
    }
}
