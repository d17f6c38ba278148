using Kobune.Api.Core.V1;
using Kobune.Api.Storage.V1;
using Kobune.Client;

namespace Kobune.Controllers.Volumes;

/// <content>What becomes of a claim.</content>
internal sealed partial class PersistentVolumeController
{
    private async Task ReconcileUnboundAsync(PersistentVolumeClaim claim, CancellationToken cancellationToken)
    {
        if (claim.Spec.VolumeName.Length > 0)
        {
            await BindNamedAsync(claim, cancellationToken);
            return;
        }

        if (claim.Metadata.DeletionTimestamp is not null)
        {
            return;
        }

        if (VolumeMatching.ClassNameOf(claim) is null && DefaultClass() is { } given)
        {
            // Made when there was no default class; it gets the one that there is now.
            claim = claim.Clone();
            claim.Spec.StorageClassName = given.Name;
            claim = await Client.UpdateAsync(claim, cancellationToken: cancellationToken);
        }

        var name = VolumeMatching.ClassNameOf(claim) ?? "";
        var storage = name.Length > 0 ? _classes.Get("", name) : null;
        var waits = storage?.VolumeBindingMode == "WaitForFirstConsumer";
        var node = waits ? SelectedNode(claim) : "";
        var found = VolumeMatching.Best(
            _volumes.List(), claim, onlyReserved: waits && node.Length == 0, waits && node.Length > 0 ? _nodes.Get("", node) : null);
        if (found is not null)
        {
            await BindAsync(found, claim, cancellationToken);
        }
        else if (waits && node.Length == 0)
        {
            AnnounceWaiting(claim);
        }
        else if (name.Length == 0)
        {
            Events.Normal(claim, "FailedBinding", "no persistent volumes available for this claim and no storage class is set");
        }
        else
        {
            await AskForVolumeAsync(claim, name, storage, node, cancellationToken);
        }
    }

    private void AnnounceWaiting(PersistentVolumeClaim claim)
    {
        if (_podsByClaim.Get(claim.Key).FirstOrDefault(p => p.Spec.NodeName.Length == 0 && p.IsActive()) is { } pod)
        {
            Events.Normal(claim, "WaitForPodScheduled", $"waiting for pod {pod.Name} to be scheduled");
        }
        else
        {
            Events.Normal(claim, "WaitForFirstConsumer", "waiting for first consumer to be created before binding");
        }
    }

    // Provisioners are other controllers, ours included: they act on the annotation.
    private async Task AskForVolumeAsync(PersistentVolumeClaim claim, string className, StorageClass? storage, string node, CancellationToken cancellationToken)
    {
        if (storage is null)
        {
            Events.Warning(claim, "ProvisioningFailed", $"storageclass.storage.k8s.io \"{className}\" not found");
            return;
        }

        if (storage.Provisioner.StartsWith("kubernetes.io/", StringComparison.Ordinal))
        {
            if (storage.VolumeBindingMode != "WaitForFirstConsumer" || storage.Provisioner != StorageNames.NoProvisioner)
            {
                Events.Warning(claim, "ProvisioningFailed", $"no volume plugin matched name: {storage.Provisioner}");
            }

            return;
        }

        if (claim.Metadata.Annotations.GetValueOrDefault(StorageNames.Provisioner) != storage.Provisioner
            || node.Length > 0 && !claim.Metadata.Annotations.ContainsKey(StorageNames.SelectedNode))
        {
            claim = claim.Clone();
            claim.Metadata.Annotations[StorageNames.Provisioner] = storage.Provisioner;
            claim.Metadata.Annotations[StorageNames.BetaProvisioner] = storage.Provisioner;
            if (node.Length > 0)
            {
                claim.Metadata.Annotations[StorageNames.SelectedNode] = node;
            }

            claim = await Client.UpdateAsync(claim, cancellationToken: cancellationToken);
        }

        Events.Normal(
            claim, "ExternalProvisioning",
            $"Waiting for a volume to be created either by the external provisioner '{storage.Provisioner}' or manually by the system administrator. "
            + "If volume creation is delayed, please verify that the provisioner is running and correctly registered.");
    }

    private async Task BindNamedAsync(PersistentVolumeClaim claim, CancellationToken cancellationToken)
    {
        var volume = _volumes.Get("", claim.Spec.VolumeName);
        if (volume is null)
        {
            // It may come yet, and brings the claim back.
            await SetPhaseAsync(claim, "Pending", null, cancellationToken);
        }
        else if (volume.Spec.ClaimRef is null)
        {
            if (VolumeMatching.Mismatch(volume, claim) is { } problem)
            {
                Events.Warning(claim, "VolumeMismatch", $"Cannot bind to requested volume \"{volume.Name}\": {problem}");
                await SetPhaseAsync(claim, "Pending", null, cancellationToken);
            }
            else
            {
                await BindAsync(volume, claim, cancellationToken);
            }
        }
        else if (VolumeMatching.IsReservedFor(volume, claim))
        {
            await BindAsync(volume, claim, cancellationToken);
        }
        else if (!claim.Metadata.Annotations.ContainsKey(StorageNames.BoundByController))
        {
            Events.Warning(claim, "FailedBinding", $"volume \"{volume.Name}\" already bound to a different claim.");
            await SetPhaseAsync(claim, "Pending", null, cancellationToken);
        }
        else
        {
            throw new InvalidOperationException($"invalid binding of claim {claim.Key} to volume {volume.Name}: already claimed by {volume.Spec.ClaimRef.Namespace}/{volume.Spec.ClaimRef.Name}");
        }
    }

    private async Task ReconcileBoundAsync(PersistentVolumeClaim claim, CancellationToken cancellationToken)
    {
        if (claim.Spec.VolumeName.Length == 0)
        {
            await LoseAsync(claim, "ClaimLost", "Bound claim has lost reference to PersistentVolume. Data on the volume is lost!", cancellationToken);
            return;
        }

        // The claim's cache may be ahead of the volumes': absence is asserted only by the API itself.
        var volume = _volumes.Get("", claim.Spec.VolumeName) ?? await Client.FindAsync<PersistentVolume>(null, claim.Spec.VolumeName, cancellationToken);
        if (volume is null)
        {
            await LoseAsync(claim, "ClaimLost", "Bound claim has lost its PersistentVolume. Data on the volume is lost!", cancellationToken);
        }
        else if (volume.Spec.ClaimRef is null || volume.Spec.ClaimRef.Uid == claim.Metadata.Uid)
        {
            await BindAsync(volume, claim, cancellationToken);
        }
        else
        {
            await LoseAsync(claim, "ClaimMisbound", "Two claims are bound to the same volume, this one is bound incorrectly", cancellationToken);
        }
    }

    private async Task LoseAsync(PersistentVolumeClaim claim, string reason, string message, CancellationToken cancellationToken)
    {
        if (claim.Status.Phase != "Lost")
        {
            await SetPhaseAsync(claim, "Lost", null, cancellationToken);
            Events.Warning(claim, reason, message);
        }
    }

    /// <summary>The node for which a volume may be chosen or made: the scheduler's choice, or the node of a Pod that was given one without asking.</summary>
    private string SelectedNode(PersistentVolumeClaim claim) =>
        claim.Metadata.Annotations.GetValueOrDefault(StorageNames.SelectedNode)
        ?? _podsByClaim.Get(claim.Key).Where(p => p.Spec.NodeName.Length > 0 && p.IsActive()).Select(p => p.Spec.NodeName).Order(StringComparer.Ordinal).FirstOrDefault()
        ?? "";

    private StorageClass? DefaultClass() =>
        _classes.List().Where(c => c.Metadata.Annotations.GetValueOrDefault(StorageNames.DefaultClass) == "true")
            .OrderByDescending(c => c.Metadata.CreationTimestamp).ThenBy(c => c.Name, StringComparer.Ordinal).FirstOrDefault();
}
