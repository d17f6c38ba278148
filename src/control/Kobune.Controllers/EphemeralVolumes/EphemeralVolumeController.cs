using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.Client;
using Kobune.Runtime;

namespace Kobune.Controllers.EphemeralVolumes;

/// <summary>Makes the claim of every generic ephemeral volume: named after Pod and volume, owned by the Pod and so gone with it.</summary>
internal sealed class EphemeralVolumeController : Controller
{
    private readonly ILister<Pod> _pods;
    private readonly ILister<PersistentVolumeClaim> _claims;

    public EphemeralVolumeController(ControllerContext context) : base(context, "ephemeral-volume-controller", workers: 2)
    {
        Writes<PersistentVolumeClaim>();
        _pods = Watches<Pod>(change =>
        {
            if (change.Type != InformerEventType.Deleted && change.Object.Spec.Volumes.Exists(v => v.Ephemeral is not null))
            {
                Queue.Add(change.Key);
            }
        });
        _claims = Watches<PersistentVolumeClaim>(change =>
        {
            if (change.Type == InformerEventType.Deleted && Indexes.ControllerOf(change.Object) is { Kind: "Pod" } owner)
            {
                Queue.Add(new ObjectKey(change.Object.Namespace, owner.Name));
            }
        });
    }

    protected override async Task ReconcileAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        if (_pods.Get(key) is not { Metadata.DeletionTimestamp: null } pod || pod.IsTerminal())
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
        var name = $"{pod.Name}-{volume.Name}";
        if (_claims.Get(pod.Namespace, name) is { } existing)
        {
            if (!Owners.IsControlledBy(existing, pod))
            {
                throw new InvalidOperationException($"PVC {existing.Key} was not created for pod {pod.Key} (pod is not owner)");
            }

            return;
        }

        var template = volume.Ephemeral!.VolumeClaimTemplate!.Clone();
        var claim = new PersistentVolumeClaim { Spec = template.Spec };
        claim.Metadata.Name = name;
        claim.Metadata.Namespace = pod.Namespace;
        claim.Metadata.Labels = template.Metadata.Labels;
        claim.Metadata.Annotations = template.Metadata.Annotations;
        claim.Metadata.OwnerReferences = [Owners.Controlled(pod)];
        try
        {
            await Client.CreateAsync(claim, cancellationToken: cancellationToken);
        }
        catch (Exception e) when (e.IsNamespaceTerminating())
        {
            // no longer needed
        }
        catch (KubeStatusException e)
        {
            Events.Warning(pod, "FailedCreate", $"ephemeral volume {volume.Name}: create PVC {name}: {e.Message}");
            throw;
        }
    }
}
