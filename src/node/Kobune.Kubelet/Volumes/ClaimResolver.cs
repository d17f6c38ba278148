using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.Client;
using Kobune.Kubelet.Pods.Decision;

namespace Kobune.Kubelet.Volumes;

/// <summary>
/// Finds the PersistentVolume behind a Pod's claim. A claim is commonly bound moments after its Pod, so the first look is
/// followed by some more before it counts as a failure.
/// </summary>
internal sealed class ClaimResolver(IKubeClient client, TimeProvider time)
{
    private const int Looks = 40;
    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(250);

    /// <summary>The claim's name when the volume is one of a claim, named or generic ephemeral; else null.</summary>
    public static string? ClaimOf(PodView pod, Volume volume) =>
        volume.PersistentVolumeClaim?.ClaimName ?? (volume.Ephemeral is null ? null : $"{pod.Name}-{volume.Name}");

    /// <exception cref="VolumeException">It does not exist, is unbound, is being deleted, or is not the Pod's.</exception>
    public async Task<(PersistentVolumeClaim Claim, PersistentVolume Volume)> ResolveAsync(PodView pod, Volume volume, CancellationToken cancellation)
    {
        for (var look = 1; ; look++)
        {
            try
            {
                return await LookAsync(pod, volume, cancellation);
            }
            catch (VolumeException) when (look < Looks)
            {
                await Task.Delay(Between, time, cancellation);
            }
        }
    }

    private async Task<(PersistentVolumeClaim Claim, PersistentVolume Volume)> LookAsync(PodView pod, Volume volume, CancellationToken cancellation)
    {
        var name = ClaimOf(pod, volume)!;
        PersistentVolumeClaim claim;
        try
        {
            claim = await client.GetAsync<PersistentVolumeClaim>(pod.Namespace, name, cancellation);
        }
        catch (KubeStatusException e)
        {
            throw Fail($"failed to fetch PVC from API server: {e.Message}");
        }

        if (volume.Ephemeral is not null && claim.Metadata.GetControllerOf()?.Uid != pod.Uid)
        {
            throw Fail($"PVC {pod.Namespace}/{name} was not created for pod {pod.Namespace}/{pod.Name} (pod is not owner)");
        }

        if (claim.Metadata.DeletionTimestamp is not null)
        {
            throw Fail("PVC is being deleted");
        }

        if (claim.Status.Phase != "Bound" || claim.Spec.VolumeName.Length == 0)
        {
            throw Fail("PVC is not bound");
        }

        try
        {
            var found = await client.GetAsync<PersistentVolume>(null, claim.Spec.VolumeName, cancellation);
            return found.Spec.ClaimRef?.Uid == claim.Metadata.Uid ? (claim, found)
                : throw Fail($"PV {found.Name} spec.claimRef.uid {found.Spec.ClaimRef?.Uid} does not match pvc.UID {claim.Metadata.Uid}");
        }
        catch (KubeStatusException e)
        {
            throw Fail($"failed to fetch PV \"{claim.Spec.VolumeName}\" from API server: {e.Message}");
        }

        VolumeException Fail(string reason) => VolumeException.Unprocessed(volume.Name, pod.Namespace, name, reason);
    }
}
