using Kobune.Api;
using Kobune.Api.Apps.V1;
using Kobune.Api.Core.V1;
using Kobune.Client;
using Kobune.Runtime;

namespace Kobune.Controllers.Deployments;

/// <summary>
/// Brings the Pods of a Deployment to its template by way of ReplicaSets, one per template: see <see cref="RollingUpdate"/>
/// for the arithmetic. The parts: which ReplicaSet is which (Revisions), sizes (Scaling), the two strategies (Strategies), and what
/// the status says (Status).
/// </summary>
internal sealed partial class DeploymentController : Controller
{
    private readonly ILister<Deployment> _deployments;
    private readonly ILister<ReplicaSet> _replicaSets;
    private readonly IIndex<Pod> _podsByController;

    public DeploymentController(ControllerContext context) : base(context, "deployment-controller", workers: 5)
    {
        Writes<Deployment>();
        Writes<ReplicaSet>();
        _deployments = Reconciles<Deployment>();
        _replicaSets = Watches<ReplicaSet>(OnReplicaSet);
        _podsByController = Watches<Pod>(OnPod).ByController();
    }

    protected override async Task ReconcileAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        if (_deployments.Get(key) is not { } shared)
        {
            return;
        }

        var deployment = shared.Clone();
        var selector = LabelSelectors.From(deployment.Spec.Selector);
        if (selector.IsEmpty)
        {
            await RefuseAsync(deployment, cancellationToken);
            return;
        }

        var candidates = _replicaSets.List(key.Namespace);
        var owned = await Owners.ClaimAsync(Client, deployment, candidates, r => selector.Matches(r.Metadata.Labels), cancellationToken);
        var rollout = new Rollout(deployment, owned.ConvertAll(r => r.Clone()));
        if (deployment.Metadata.DeletionTimestamp is not null)
        {
            await SyncRevisionsAsync(rollout, create: false, cancellationToken);
            await UpdateStatusAsync(rollout, DeploymentStatuses.Compute(rollout.Deployment, rollout.All, rollout.Newest, Now), cancellationToken);
            return;
        }

        await NotePauseAsync(rollout, cancellationToken);
        if (deployment.Spec.Paused || IsBeingScaled(rollout))
        {
            await ScaleOnlyAsync(rollout, cancellationToken);
        }
        else if (RollingUpdate.IsRolling(deployment))
        {
            await RollAsync(rollout, cancellationToken);
        }
        else
        {
            await RecreateAsync(rollout, cancellationToken);
        }
    }

    private async Task RefuseAsync(Deployment deployment, CancellationToken cancellationToken)
    {
        Events.Warning(deployment, "SelectingAll", "This deployment is selecting all pods. A non-empty selector is required.");
        if (deployment.Status.ObservedGeneration < deployment.Metadata.Generation)
        {
            deployment.Status.ObservedGeneration = deployment.Metadata.Generation;
            await Client.UpdateStatusAsync(deployment, cancellationToken: cancellationToken);
        }
    }

    private async Task ScaleOnlyAsync(Rollout rollout, CancellationToken cancellationToken)
    {
        await SyncRevisionsAsync(rollout, create: false, cancellationToken);
        await ScaleAsync(rollout, cancellationToken);
        if (rollout.Deployment.Spec.Paused)
        {
            await CleanUpAsync(rollout, cancellationToken);
        }

        await UpdateStatusAsync(rollout, DeploymentStatuses.Compute(rollout.Deployment, rollout.All, rollout.Newest, Now), cancellationToken);
    }

    private void OnReplicaSet(InformerEvent<ReplicaSet> change)
    {
        var replicaSet = change.Object;
        if (change.Old is { } old && Indexes.ControllerOf(old)?.Uid != Indexes.ControllerOf(replicaSet)?.Uid && OwnerOf(old) is { } former)
        {
            Queue.Add(ObjectKey.Of(former));
        }

        if (OwnerOf(replicaSet) is { } owner)
        {
            Queue.Add(ObjectKey.Of(owner));
        }
        else if (Indexes.ControllerOf(replicaSet) is null && change.Type != InformerEventType.Deleted && replicaSet.Metadata.Labels.Count > 0)
        {
            foreach (var candidate in _deployments.List(replicaSet.Metadata.Namespace))
            {
                var selector = LabelSelectors.From(candidate.Spec.Selector);
                if (!selector.IsEmpty && selector.Matches(replicaSet.Metadata.Labels))
                {
                    Queue.Add(ObjectKey.Of(candidate));
                }
            }
        }
    }

    // Only Recreate waits for Pods: for the last old one to be gone.
    private void OnPod(InformerEvent<Pod> change)
    {
        if ((change.Type == InformerEventType.Deleted || change.Object.IsTerminal())
            && Indexes.ControllerOf(change.Object) is { Kind: "ReplicaSet" } reference
            && _replicaSets.Get(change.Object.Metadata.Namespace, reference.Name) is { } replicaSet
            && OwnerOf(replicaSet) is { } deployment
            && !RollingUpdate.IsRolling(deployment))
        {
            Queue.Add(ObjectKey.Of(deployment));
        }
    }

    private Deployment? OwnerOf(ReplicaSet replicaSet) =>
        Indexes.ControllerOf(replicaSet) is { Kind: "Deployment" } reference
        && _deployments.Get(replicaSet.Metadata.Namespace, reference.Name) is { } deployment
        && deployment.Metadata.Uid == reference.Uid
            ? deployment
            : null;
}
