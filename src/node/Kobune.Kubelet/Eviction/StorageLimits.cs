using Kobune.Api;
using Kobune.Api.Core.V1;

namespace Kobune.Kubelet.Eviction;

/// <summary>Whether a Pod uses more local storage than it may; the message is upstream's.</summary>
internal static class StorageLimits
{
    public static string? Exceeded(Pod pod, LocalStorage used)
    {
        foreach (var volume in pod.Spec.Volumes)
        {
            if (volume.EmptyDir is { SizeLimit: { } limit } && used.Volumes.GetValueOrDefault(volume.Name) > limit.Value)
            {
                return $"Usage of EmptyDir volume \"{volume.Name}\" exceeds the limit \"{limit}\". ";
            }
        }

        var limits = pod.Spec.Containers.Select(c => (c.Name, Limit: c.Resources.Limits.TryGetValue("ephemeral-storage", out var limit) ? limit : (Quantity?)null)).ToArray();
        if (limits.Length > 0 && Array.TrueForAll(limits, l => l.Limit is not null))
        {
            var total = limits.Aggregate(Quantity.Zero, (sum, l) => sum + l.Limit!.Value);
            if (used.Total > total.Value)
            {
                return $"Pod ephemeral local storage usage exceeds the total limit of containers {total}. ";
            }
        }

        foreach (var (name, limit) in limits)
        {
            if (limit is { } most && used.Containers.GetValueOrDefault(name) > most.Value)
            {
                return $"Container {name} exceeded its local ephemeral storage limit \"{most}\". ";
            }
        }

        return null;
    }
}
