using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.Client;
using Kobune.Runtime;

namespace Kobune.Controllers.Volumes;

/// <summary>Lets a claim that is being deleted go once no Pod on a node uses it.</summary>
internal sealed class ClaimProtectionController : Controller
{
    private readonly ILister<PersistentVolumeClaim> _claims;
    private readonly IIndex<Pod> _podsByClaim;

    public ClaimProtectionController(ControllerContext context) : base(context, "pvc-protection-controller", workers: 1)
    {
        Writes<PersistentVolumeClaim>();
        _claims = Reconciles<PersistentVolumeClaim>();
        _podsByClaim = PodClaims.Index(Watches<Pod>(OnPod));
    }

    protected override async Task ReconcileAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        if (_claims.Get(key) is not { } claim)
        {
            return;
        }

        var isProtected = claim.Metadata.Finalizers.Contains(KubeConstants.PvcProtectionFinalizer);
        if (claim.Metadata.DeletionTimestamp is null ? isProtected : !isProtected)
        {
            return;
        }

        var changed = claim.Clone();
        if (claim.Metadata.DeletionTimestamp is null)
        {
            changed.Metadata.Finalizers.Add(KubeConstants.PvcProtectionFinalizer);
        }
        else
        {
            // The cache may lag behind a Pod that was bound a moment ago; the API does not.
            if (_podsByClaim.Get(key.ToString()).Any(UsesIt) || (await Client.ListAsync<Pod>(key.Namespace, cancellationToken: cancellationToken)).Items.Any(p => UsesIt(p) && PodClaims.NamesOf(p).Contains(key.Name)))
            {
                return;
            }

            changed.Metadata.Finalizers.Remove(KubeConstants.PvcProtectionFinalizer);
        }

        try
        {
            await Client.UpdateAsync(changed, cancellationToken: cancellationToken);
        }
        catch (Exception e) when (e.IsNotFound())
        {
            // gone already
        }
    }

    // A Pod without a node mounts nothing, and the kubelet starts none whose claim is being deleted.
    private static bool UsesIt(Pod pod) => pod.Spec.NodeName.Length > 0;

    private void OnPod(InformerEvent<Pod> change)
    {
        if (change.Type == InformerEventType.Deleted)
        {
            foreach (var key in PodClaims.KeysOf(change.Object))
            {
                Queue.Add(key);
            }
        }
    }
}
