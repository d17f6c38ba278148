using Kobune.Api.Core.V1;
using Kobune.Api.Storage.V1;
using Kobune.Runtime;

namespace Kobune.Controllers.Volumes;

/// <summary>
/// Binds claims and volumes to each other, says in their phases how that stands, and has volumes made for claims of a class
/// with a provisioner. One worker: two claims never look for a volume at the same time; and every binding is written first
/// to the volume, conditionally, so that a stale cache cannot give one volume away twice.
/// </summary>
internal sealed partial class PersistentVolumeController : Controller
{
    private readonly ILister<PersistentVolumeClaim> _claims;
    private readonly ILister<PersistentVolume> _volumes;
    private readonly ILister<StorageClass> _classes;
    private readonly ILister<Node> _nodes;
    private readonly IIndex<Pod> _podsByClaim;
    private readonly IIndex<PersistentVolumeClaim> _unbound;

    public PersistentVolumeController(ControllerContext context)
        : base(context, "persistentvolume-controller", workers: 1, account: "persistent-volume-binder")
    {
        Writes<PersistentVolume>();
        Writes<PersistentVolumeClaim>();
        _classes = Watches<StorageClass>(_ => QueueUnbound());
        _nodes = Watches<Node>();
        _claims = Watches<PersistentVolumeClaim>(OnClaim);
        _unbound = _claims.IndexBy("unbound", static c => IsBindComplete(c) ? [] : ["yes"]);
        _volumes = Watches<PersistentVolume>(OnVolume);
        _podsByClaim = PodClaims.Index(Watches<Pod>(OnPod));
    }

    protected override Task ReconcileAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        if (key.Namespace.Length == 0)
        {
            return _volumes.Get(key) is { } volume ? ReconcileVolumeAsync(volume, cancellationToken) : Task.CompletedTask;
        }

        return _claims.Get(key) is { } claim
            ? IsBindComplete(claim) ? ReconcileBoundAsync(claim, cancellationToken) : ReconcileUnboundAsync(claim, cancellationToken)
            : Task.CompletedTask;
    }

    private static bool IsBindComplete(PersistentVolumeClaim claim) => claim.Metadata.Annotations.ContainsKey(StorageNames.BindCompleted);

    private void OnClaim(InformerEvent<PersistentVolumeClaim> change)
    {
        if (change.Type != InformerEventType.Deleted)
        {
            Queue.Add(change.Key);
        }

        if (change.Object.Spec.VolumeName.Length > 0)
        {
            Queue.Add(new ObjectKey("", change.Object.Spec.VolumeName));
        }
    }

    private void OnVolume(InformerEvent<PersistentVolume> change)
    {
        if (change.Type != InformerEventType.Deleted)
        {
            Queue.Add(change.Key);
        }

        if (change.Object.Spec.ClaimRef is { } claim)
        {
            Queue.Add(new ObjectKey(claim.Namespace, claim.Name));
        }
        else if (change.Type != InformerEventType.Deleted)
        {
            QueueUnbound();
        }
    }

    // A claim that waits for its first consumer moves on when that is there, and again when it has its node.
    private void OnPod(InformerEvent<Pod> change)
    {
        if (change.Type != InformerEventType.Deleted && change.Old?.Spec.NodeName != change.Object.Spec.NodeName)
        {
            foreach (var key in PodClaims.KeysOf(change.Object))
            {
                Queue.Add(key);
            }
        }
    }

    private void QueueUnbound()
    {
        foreach (var claim in _unbound?.Get("yes") ?? [])
        {
            Queue.Add(ObjectKey.Of(claim));
        }
    }
}
