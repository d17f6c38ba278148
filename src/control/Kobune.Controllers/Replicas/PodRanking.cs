using System.Globalization;
using Kobune.Api.Core.V1;

namespace Kobune.Controllers.Replicas;

/// <summary>
/// Which of too many Pods go first: those without a node, then pending, not ready, of lower deletion cost, doubled up on
/// their node, ready for a shorter time, restarted more often, younger. Times are compared by order of magnitude, and
/// within one by uid, so that a scale-down does not always hit the newest nodes.
/// </summary>
internal sealed class PodRanking(IReadOnlyDictionary<string, int> podsPerNode, DateTimeOffset now) : IComparer<Pod>
{
    public const string DeletionCost = "controller.kubernetes.io/pod-deletion-cost";

    /// <summary>The <paramref name="count"/> Pods to delete.</summary>
    public static IReadOnlyList<Pod> ToDelete(IReadOnlyList<Pod> pods, IEnumerable<Pod> related, int count, DateTimeOffset now)
    {
        if (count >= pods.Count)
        {
            return pods;
        }

        var perNode = new Dictionary<string, int>();
        foreach (var pod in related.Where(p => p.IsActive()))
        {
            perNode[pod.Spec.NodeName] = perNode.GetValueOrDefault(pod.Spec.NodeName) + 1;
        }

        return [.. pods.Order(new PodRanking(perNode, now)).Take(count)];
    }

    public int Compare(Pod? a, Pod? b)
    {
        if (a is null || b is null || ReferenceEquals(a, b))
        {
            return 0;
        }

        return First(
            (a.Spec.NodeName.Length > 0).CompareTo(b.Spec.NodeName.Length > 0),
            PhaseOrder(a).CompareTo(PhaseOrder(b)),
            a.IsReady().CompareTo(b.IsReady()),
            Cost(a).CompareTo(Cost(b)),
            podsPerNode.GetValueOrDefault(b.Spec.NodeName).CompareTo(podsPerNode.GetValueOrDefault(a.Spec.NodeName)),
            CompareAges(a, b, ReadySince(a), ReadySince(b)),
            b.Restarts().CompareTo(a.Restarts()),
            CompareAges(a, b, a.Metadata.CreationTimestamp, b.Metadata.CreationTimestamp),
            string.CompareOrdinal(a.Metadata.Uid, b.Metadata.Uid));
    }

    private static int First(params ReadOnlySpan<int> comparisons)
    {
        foreach (var comparison in comparisons)
        {
            if (comparison != 0)
            {
                return comparison;
            }
        }

        return 0;
    }

    private static int PhaseOrder(Pod pod) => pod.Status.Phase switch { "Pending" => 0, "Unknown" => 1, _ => 2 };

    private static int Cost(Pod pod) =>
        pod.Metadata.Annotations.TryGetValue(DeletionCost, out var text) && int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var cost) ? cost : 0;

    private static DateTimeOffset? ReadySince(Pod pod) => pod.IsReady() ? pod.Condition("Ready")!.LastTransitionTime : null;

    // The younger goes first; no time at all counts as younger than any.
    private int CompareAges(Pod a, Pod b, DateTimeOffset? sinceA, DateTimeOffset? sinceB)
    {
        if (sinceA == sinceB)
        {
            return 0;
        }

        if (sinceA is null || sinceB is null)
        {
            return sinceA is null ? -1 : 1;
        }

        var byMagnitude = Magnitude(sinceA.Value).CompareTo(Magnitude(sinceB.Value));
        return byMagnitude != 0 ? byMagnitude : string.CompareOrdinal(a.Metadata.Uid, b.Metadata.Uid);
    }

    private int Magnitude(DateTimeOffset since)
    {
        var age = (now - since).TotalNanoseconds;
        return age < 1 ? -1 : (int)Math.Log2(age);
    }
}
