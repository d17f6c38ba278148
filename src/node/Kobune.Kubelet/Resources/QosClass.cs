using Kobune.Api;
using Kobune.Api.Core.V1;

namespace Kobune.Kubelet.Resources;

/// <summary>Guaranteed, Burstable or BestEffort, from the cpu and memory of all containers that run.</summary>
internal static class QosClass
{
    public const string Guaranteed = "Guaranteed";
    public const string Burstable = "Burstable";
    public const string BestEffort = "BestEffort";

    public static string Of(Pod pod)
    {
        var any = false;
        var guaranteed = true;
        foreach (var container in pod.Spec.Containers.Concat(pod.Spec.InitContainers))
        {
            foreach (var name in (ReadOnlySpan<string>)["cpu", "memory"])
            {
                var limit = Positive(container.Resources.Limits, name);
                // A request left out is defaulted from the limit.
                var request = Positive(container.Resources.Requests, name) ?? limit;
                any |= limit is not null || request is not null;
                guaranteed &= limit is { } l && request is { } r && l.CompareTo(r) == 0;
            }
        }

        return !any ? BestEffort : guaranteed ? Guaranteed : Burstable;
    }

    private static Quantity? Positive(Dictionary<string, Quantity> resources, string name) =>
        resources.TryGetValue(name, out var value) && value.MilliValue > 0 ? (Quantity?)value : null;
}
