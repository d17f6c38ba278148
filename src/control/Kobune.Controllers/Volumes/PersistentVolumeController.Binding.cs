using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.Client;

namespace Kobune.Controllers.Volumes;

/// <content>The four writes of a binding; each is left out when it is done already, so that it can be resumed at any point.</content>
internal sealed partial class PersistentVolumeController
{
    private async Task BindAsync(PersistentVolume volume, PersistentVolumeClaim claim, CancellationToken cancellationToken)
    {
        volume = await PointAtAsync(volume, claim, cancellationToken);
        volume = await SetPhaseAsync(volume, "Bound", "", cancellationToken);
        claim = await PointAtAsync(claim, volume, cancellationToken);
        await SetPhaseAsync(claim, "Bound", volume, cancellationToken);
    }

    private async Task<PersistentVolume> PointAtAsync(PersistentVolume volume, PersistentVolumeClaim claim, CancellationToken cancellationToken)
    {
        if (volume.Spec.ClaimRef is { } reference && reference.Uid == claim.Metadata.Uid && reference.Name == claim.Name && reference.Namespace == claim.Namespace)
        {
            return volume;
        }

        var changed = volume.Clone();
        if (volume.Spec.ClaimRef is null)
        {
            changed.Metadata.Annotations[StorageNames.BoundByController] = StorageNames.Yes;
        }

        changed.Spec.ClaimRef = new ObjectReference
        {
            Kind = "PersistentVolumeClaim",
            ApiVersion = "v1",
            Namespace = claim.Namespace,
            Name = claim.Name,
            Uid = claim.Metadata.Uid,
            ResourceVersion = claim.Metadata.ResourceVersion,
        };
        return await Client.UpdateAsync(changed, cancellationToken: cancellationToken);
    }

    private async Task<PersistentVolumeClaim> PointAtAsync(PersistentVolumeClaim claim, PersistentVolume volume, CancellationToken cancellationToken)
    {
        if (claim.Spec.VolumeName == volume.Name && IsBindComplete(claim))
        {
            return claim;
        }

        var changed = claim.Clone();
        if (claim.Spec.VolumeName != volume.Name)
        {
            changed.Spec.VolumeName = volume.Name;
            changed.Metadata.Annotations[StorageNames.BoundByController] = StorageNames.Yes;
        }

        changed.Metadata.Annotations[StorageNames.BindCompleted] = StorageNames.Yes;
        return await Client.UpdateAsync(changed, cancellationToken: cancellationToken);
    }

    private async Task<PersistentVolume> SetPhaseAsync(PersistentVolume volume, string phase, string message, CancellationToken cancellationToken)
    {
        if (volume.Status.Phase == phase)
        {
            return volume;
        }

        var changed = volume.Clone();
        changed.Status.Phase = phase;
        changed.Status.Message = message;
        return await Client.UpdateStatusAsync(changed, cancellationToken: cancellationToken);
    }

    private async Task SetPhaseAsync(PersistentVolumeClaim claim, string phase, PersistentVolume? volume, CancellationToken cancellationToken)
    {
        var changed = claim.Clone();
        var status = changed.Status;
        status.Phase = phase;
        if (volume is null)
        {
            status.AccessModes = [];
            status.Capacity = [];
        }
        else
        {
            status.AccessModes = [.. volume.Spec.AccessModes];
            // Later the size is the business of whoever resizes the volume.
            if (claim.Status.Phase != "Bound" || claim.Status.Capacity.Count == 0)
            {
                status.Capacity = volume.Clone().Spec.Capacity;
                status.CurrentVolumeAttributesClassName = string.IsNullOrEmpty(volume.Spec.VolumeAttributesClassName) ? null : volume.Spec.VolumeAttributesClassName;
            }
        }

        if (!ApiStruct.DeepEquals(claim.Status, status))
        {
            await Client.UpdateStatusAsync(changed, cancellationToken: cancellationToken);
        }
    }
}
