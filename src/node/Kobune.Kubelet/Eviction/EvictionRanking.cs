using Kobune.Api.Core.V1;

namespace Kobune.Kubelet.Eviction;

/// <summary>A Pod that could go: what it uses of the resource in question, and what it asked for.</summary>
internal sealed record Candidate(Pod Pod, long Used, long Requested);

/// <summary>Upstream's order of eviction: who uses more than asked for, then the less important, then who exceeds by most.</summary>
internal static class EvictionRanking
{
    public static IEnumerable<Candidate> Rank(IEnumerable<Candidate> pods) =>
        pods.OrderBy(c => c.Used > c.Requested ? 0 : 1).ThenBy(c => c.Pod.Spec.Priority ?? 0).ThenByDescending(c => c.Used - c.Requested);

    /// <summary>Static Pods and those that the system cannot do without stay.</summary>
    public static bool IsCritical(Pod pod) => pod.Spec.Priority >= 2_000_000_000 || pod.IsMirror();
}
