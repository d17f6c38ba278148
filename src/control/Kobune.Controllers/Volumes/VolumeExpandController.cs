using Kobune.Api.Core.V1;
using Kobune.Controllers.Volumes.LocalPath;
using Kobune.Runtime;

namespace Kobune.Controllers.Volumes;

/// <summary>Says of a claim that wants to grow who has to do it: resizing is the business of the storage driver.</summary>
internal sealed class VolumeExpandController : Controller
{
    private readonly ILister<PersistentVolumeClaim> _claims;
    private readonly ILister<PersistentVolume> _volumes;

    public VolumeExpandController(ControllerContext context) : base(context, "volume_expand", workers: 1, account: "expand-controller")
    {
        _claims = Watches<PersistentVolumeClaim>(OnClaim);
        _volumes = Watches<PersistentVolume>();
    }

    protected override Task ReconcileAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        if (_claims.Get(key) is { Status.Phase: "Bound" } claim && _volumes.Get("", claim.Spec.VolumeName) is { } volume
            && VolumeMatching.SizeOf(claim) > VolumeMatching.SizeOf(volume)
            && volume.Metadata.Annotations.GetValueOrDefault(StorageNames.ProvisionedBy) != LocalPathNames.Provisioner)
        {
            if (volume.Spec.Csi is not null)
            {
                Events.Normal(claim, "ExternalExpanding", "waiting for an external controller to expand this PVC");
            }
            else
            {
                Events.Warning(claim, "ExternalExpanding", "didn't find a plugin capable of expanding the volume; waiting for an external controller to process this PVC");
            }
        }

        return Task.CompletedTask;
    }

    private void OnClaim(InformerEvent<PersistentVolumeClaim> change)
    {
        if (change is { Type: InformerEventType.Updated, Old: { } old } && VolumeMatching.SizeOf(change.Object) > VolumeMatching.SizeOf(old))
        {
            Queue.Add(change.Key);
        }
    }
}
