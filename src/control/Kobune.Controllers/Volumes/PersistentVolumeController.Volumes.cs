using Kobune.Api.Core.V1;
using Kobune.Client;

namespace Kobune.Controllers.Volumes;

/// <content>What becomes of a volume.</content>
internal sealed partial class PersistentVolumeController
{
    private async Task ReconcileVolumeAsync(PersistentVolume volume, CancellationToken cancellationToken)
    {
        // Without a uid it is only reserved: its claim may not exist yet.
        if (volume.Spec.ClaimRef is not { Uid.Length: > 0 } reference)
        {
            await SetPhaseAsync(volume, "Available", "", cancellationToken);
            return;
        }

        var claim = _claims.Get(reference.Namespace, reference.Name);
        if (claim?.Metadata.Uid != reference.Uid)
        {
            claim = await Client.FindAsync<PersistentVolumeClaim>(reference.Namespace, reference.Name, cancellationToken);
        }

        if (claim is null || claim.Metadata.Uid != reference.Uid)
        {
            await ReleaseAsync(volume, cancellationToken);
        }
        else if (claim.Spec.VolumeName.Length == 0)
        {
            await FinishAsync(volume, claim, cancellationToken);
        }
        else if (claim.Spec.VolumeName == volume.Name)
        {
            await SetPhaseAsync(volume, "Bound", "", cancellationToken);
        }
        else if (volume.Metadata.Annotations.ContainsKey(StorageNames.ProvisionedBy) && volume.Spec.PersistentVolumeReclaimPolicy == "Delete")
        {
            // Made for the claim, which took another one meanwhile.
            await ReleaseAsync(volume, cancellationToken);
        }
        else
        {
            await UnbindAsync(volume, cancellationToken);
        }
    }

    private async Task FinishAsync(PersistentVolume volume, PersistentVolumeClaim claim, CancellationToken cancellationToken)
    {
        if ((volume.Spec.VolumeMode ?? "Filesystem") != (claim.Spec.VolumeMode ?? "Filesystem"))
        {
            var problem = $"Cannot bind PersistentVolume to requested PersistentVolumeClaim \"{claim.Name}\" due to incompatible volumeMode.";
            Events.Warning(volume, "VolumeMismatch", problem);
            Events.Warning(claim, "VolumeMismatch", problem);
            return;
        }

        await BindAsync(volume, claim, cancellationToken);
    }

    private async Task ReleaseAsync(PersistentVolume volume, CancellationToken cancellationToken)
    {
        if (volume.Status.Phase is not ("Released" or "Failed"))
        {
            volume = await SetPhaseAsync(volume, "Released", "", cancellationToken);
        }

        switch (volume.Spec.PersistentVolumeReclaimPolicy)
        {
            case "Recycle":
                await FailAsync(volume, "VolumeFailedRecycle", "No recycler plugin found for the volume!", cancellationToken);
                break;
            // What a provisioner made, the provisioner deletes.
            case "Delete" when !volume.Metadata.Annotations.ContainsKey(StorageNames.ProvisionedBy):
                var problem = volume.Spec.HostPath is { } host
                    ? $"host_path deleter only supports /tmp/.+ but received provided {host.Path}"
                    : $"error getting deleter volume plugin for volume \"{volume.Name}\": no deletable volume plugin matched";
                await FailAsync(volume, "VolumeFailedDelete", problem, cancellationToken);
                break;
        }
    }

    private async Task FailAsync(PersistentVolume volume, string reason, string message, CancellationToken cancellationToken)
    {
        if (volume.Status.Phase != "Failed")
        {
            await SetPhaseAsync(volume, "Failed", message, cancellationToken);
            Events.Warning(volume, reason, message);
        }
    }

    // A binding of our own making goes altogether; a reservation that the user wrote stays one.
    private async Task UnbindAsync(PersistentVolume volume, CancellationToken cancellationToken)
    {
        var changed = volume.Clone();
        if (changed.Metadata.Annotations.Remove(StorageNames.BoundByController))
        {
            changed.Spec.ClaimRef = null;
        }
        else
        {
            changed.Spec.ClaimRef!.Uid = "";
        }

        await SetPhaseAsync(await Client.UpdateAsync(changed, cancellationToken: cancellationToken), "Available", "", cancellationToken);
    }
}
