using Kobune.Api;
using Kobune.Api.Core.V1;
using V1 = Kobune.Cri.V1;

namespace Kobune.Kubelet.Resources;

/// <summary>Requests and limits in the terms of cgroups, and the oom_score_adj that a container's class gives it.</summary>
internal static class ContainerResources
{
    private const long Period = 100_000;
    private const long MinShares = 2;
    private const long MaxShares = 262_144;
    private const long MinQuota = 1_000;

    public static V1.LinuxContainerResources Build(Pod pod, Container container, long machineMemory, bool mayLowerOomScore)
    {
        var requests = container.Resources.Requests;
        var limits = container.Resources.Limits;
        var result = new V1.LinuxContainerResources
        {
            CpuPeriod = Period,
            CpuShares = Shares(requests.TryGetValue("cpu", out var request) ? request : limits.GetValueOrDefault("cpu")),
            CpuQuota = limits.TryGetValue("cpu", out var cpu) ? Quota(cpu) : 0,
            MemoryLimitInBytes = limits.TryGetValue("memory", out var memory) ? memory.Value : 0,
        };
        var score = OomScore(pod, container, machineMemory);
        result.OomScoreAdj = mayLowerOomScore ? score : Math.Max(0, score);
        return result;
    }

    /// <summary>1024 shares are one core; no request is the minimum.</summary>
    public static long Shares(Quantity cpu) =>
        cpu.MilliValue <= 0 ? MinShares : Math.Clamp(cpu.MilliValue * 1024 / 1000, MinShares, MaxShares);

    public static long Quota(Quantity cpu) => cpu.MilliValue <= 0 ? 0 : Math.Max(MinQuota, cpu.MilliValue * Period / 1000);

    /// <summary>-997 Guaranteed, 1000 BestEffort, between 3 and 999 by memory request otherwise.</summary>
    public static long OomScore(Pod pod, Container container, long machineMemory)
    {
        if (pod.Spec.Priority >= 2_000_000_000)
        {
            return -997;
        }

        switch (QosClass.Of(pod))
        {
            case QosClass.Guaranteed:
                return -997;
            case QosClass.BestEffort:
                return 1000;
            default:
                var request = container.Resources.Requests.TryGetValue("memory", out var memory) ? memory.Value
                    : container.Resources.Limits.TryGetValue("memory", out var limit) ? limit.Value : 0;
                var score = 1000 - (1000 * request / Math.Max(1, machineMemory));
                // Below 3 is Guaranteed's; 1000 is BestEffort's.
                return score < 3 ? 3 : score >= 1000 ? 999 : score;
        }
    }
}
