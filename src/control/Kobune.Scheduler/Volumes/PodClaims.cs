using Kobune.Api.Core.V1;
using Kobune.Runtime;

namespace Kobune.Scheduler.Volumes;

/// <summary>The claims of a Pod: those that are bound, and those that wait for its node.</summary>
internal sealed record PodClaims(List<PersistentVolumeClaim> Bound, List<PersistentVolumeClaim> Waiting)
{
    public static bool HasAny(Pod pod) => pod.Spec.Volumes.Exists(v => v.PersistentVolumeClaim is not null || v.Ephemeral is not null);

    /// <summary>The names of its claims; those of ephemeral volumes are made from the Pod's.</summary>
    public static IEnumerable<(string Name, bool Ephemeral)> NamesOf(Pod pod)
    {
        foreach (var volume in pod.Spec.Volumes)
        {
            if (volume.PersistentVolumeClaim is { } source)
            {
                yield return (source.ClaimName, false);
            }
            else if (volume.Ephemeral is not null)
            {
                yield return ($"{pod.Name}-{volume.Name}", true);
            }
        }
    }

    /// <summary>The claims, or why the Pod cannot run anywhere as they are.</summary>
    public static (PodClaims? Claims, string? Refusal) Of(Pod pod, VolumeCatalog catalog)
    {
        var claims = new PodClaims([], []);
        foreach (var (name, ephemeral) in NamesOf(pod))
        {
            if (catalog.Claims.Get(pod.Namespace, name) is not { } claim)
            {
                return (null, ephemeral ? $"waiting for ephemeral volume controller to create the persistentvolumeclaim \"{name}\"" : $"persistentvolumeclaim \"{name}\" not found");
            }

            if (Problem(pod, claim, ephemeral) is { } problem)
            {
                return (null, problem);
            }

            if (VolumeCatalog.IsBound(claim))
            {
                claims.Bound.Add(claim);
            }
            else if (catalog.WaitsForConsumer(claim))
            {
                claims.Waiting.Add(claim);
            }
            else
            {
                return (null, "pod has unbound immediate PersistentVolumeClaims");
            }
        }

        return (claims, null);
    }

    private static string? Problem(Pod pod, PersistentVolumeClaim claim, bool ephemeral) =>
        claim.Status.Phase == "Lost" ? $"persistentvolumeclaim \"{claim.Name}\" bound to non-existent persistentvolume \"{claim.Spec.VolumeName}\""
        : claim.Metadata.DeletionTimestamp is not null ? $"persistentvolumeclaim \"{claim.Name}\" is being deleted"
        : ephemeral && Indexes.ControllerOf(claim)?.Uid != pod.Metadata.Uid ? $"PVC {claim.Key} was not created for pod {pod.Key} (pod is not owner)"
        : null;
}
