using Kobune.Api.Core.V1;
using Kobune.Client;
using Kobune.Runtime;

namespace Kobune.Controllers.Volumes;

/// <summary>Makes the claims of generic ephemeral volumes. The Pod owns them, so that they go with it.</summary>
internal sealed class EphemeralVolumeController : Controller
{
    private readonly ILister<Pod> _pods;
    private readonly ILister<PersistentVolumeClaim> _claims;

    public EphemeralVolumeController(ControllerContext context) : base(context, "ephemeral-volume-controller")
    {
        Writes<PersistentVolumeClaim>();
        _pods = Watches<Pod>(OnPod);
        _claims = Watches<PersistentVolumeClaim>(OnClaim);
    }

    protected override async Task ReconcileAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        if (_pods.Get(key) is not { Metadata.DeletionTimestamp: null } pod)
        {
            return;
        }

        foreach (var volume in pod.Spec.Volumes.Where(v => v.Ephemeral?.VolumeClaimTemplate is not null))
        {
            await EnsureAsync(pod, volume, cancellationToken);
        }
    }

    private async Task EnsureAsync(Pod pod, Volume volume, CancellationToken cancellationToken)
    {
        var name = PodClaims.NameFor(pod, volume);
        try
        {
            if (_claims.Get(pod.Namespace, name) is { } existing)
            {
                Check(pod, volume, existing);
                return;
            }

            var template = volume.Ephemeral!.VolumeClaimTemplate!.Clone();
            var claim = new PersistentVolumeClaim { Spec = template.Spec };
            claim.Metadata.Name = name;
            claim.Metadata.Namespace = pod.Namespace;
            claim.Metadata.Labels = template.Metadata.Labels;
            claim.Metadata.Annotations = template.Metadata.Annotations;
            claim.Metadata.OwnerReferences.Add(Owners.Controlled(pod));
            await Client.CreateAsync(claim, cancellationToken: cancellationToken);
        }
        catch (Exception e) when (e.IsAlreadyExists())
        {
            Check(pod, volume, await Client.GetAsync<PersistentVolumeClaim>(pod.Namespace, name, cancellationToken));
        }
        catch (Api.KubeStatusException e) when (!e.IsNamespaceTerminating())
        {
            Events.Warning(pod, "FailedBinding", $"ephemeral volume {volume.Name}: {e.Message}");
            throw;
        }
    }

    private void Check(Pod pod, Volume volume, PersistentVolumeClaim claim)
    {
        if (!Owners.IsControlledBy(claim, pod))
        {
            Events.Warning(pod, "FailedBinding", $"ephemeral volume {volume.Name}: PVC {claim.Key} was not created for pod {pod.Key} (pod is not owner)");
        }
    }

    private void OnPod(InformerEvent<Pod> change)
    {
        if (change.Type == InformerEventType.Added && change.Object.Spec.Volumes.Exists(v => v.Ephemeral is not null))
        {
            Queue.Add(change.Key);
        }
    }

    private void OnClaim(InformerEvent<PersistentVolumeClaim> change)
    {
        if (change.Type == InformerEventType.Deleted && Indexes.ControllerOf(change.Object) is { Kind: "Pod" } owner)
        {
            Queue.Add(new ObjectKey(change.Object.Namespace, owner.Name));
        }
    }
}
