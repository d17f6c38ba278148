using Kobune.Api.Core.V1;

namespace Kobune.Api.Quotas;

/// <summary>The quality-of-service class that a Pod's cpu and memory make it.</summary>
public static class QosClass
{
    public static string Of(PodSpec spec)
    {
        if (spec.Resources is { } pod && pod.Requests.Count + pod.Limits.Count > 0)
        {
            return Of([pod]);
        }

        return Of(spec.Containers.Concat(spec.InitContainers).Select(c => c.Resources));
    }

    private static string Of(IEnumerable<ResourceRequirements> all)
    {
        var any = false;
        var guaranteed = true;
        foreach (var resources in all)
        {
            foreach (var name in (ReadOnlySpan<string>)["cpu", "memory"])
            {
                var requested = resources.Requests.TryGetValue(name, out var request) && request.Sign > 0;
                var limited = resources.Limits.TryGetValue(name, out var limit) && limit.Sign > 0;
                any |= requested || limited;
                guaranteed &= limited && (!requested || request == limit);
            }
        }

        return !any ? "BestEffort" : guaranteed ? "Guaranteed" : "Burstable";
    }
}
