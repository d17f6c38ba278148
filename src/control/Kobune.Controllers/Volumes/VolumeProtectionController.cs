using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.Client;
using Kobune.Runtime;

namespace Kobune.Controllers.Volumes;

/// <summary>Lets a volume that is being deleted go once it is bound to no claim.</summary>
internal sealed class VolumeProtectionController : Controller
{
    private readonly ILister<PersistentVolume> _volumes;

    public VolumeProtectionController(ControllerContext context) : base(context, "pv-protection-controller", workers: 1)
    {
        Writes<PersistentVolume>();
        _volumes = Reconciles<PersistentVolume>();
    }

    protected override async Task ReconcileAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        if (_volumes.Get(key) is not { } volume)
        {
            return;
        }

        var deleting = volume.Metadata.DeletionTimestamp is not null;
        var isProtected = volume.Metadata.Finalizers.Contains(KubeConstants.PvProtectionFinalizer);
        if (deleting != isProtected || deleting && volume.Status.Phase == "Bound")
        {
            return;
        }

        var changed = volume.Clone();
        if (deleting)
        {
            changed.Metadata.Finalizers.Remove(KubeConstants.PvProtectionFinalizer);
        }
        else
        {
            changed.Metadata.Finalizers.Add(KubeConstants.PvProtectionFinalizer);
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
}
