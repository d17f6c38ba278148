using Kobune.Api.Core.V1;

namespace Kobune.Controllers.NodeLifecycle;

/// <summary>How long a Pod may stay on a node with NoExecute taints.</summary>
internal static class Tolerations
{
    public static bool Tolerates(Toleration toleration, Taint taint) =>
        (toleration.Effect.Length == 0 || toleration.Effect == taint.Effect)
        && (toleration.Key.Length == 0 ? toleration.Operator == "Exists" : toleration.Key == taint.Key)
        && (toleration.Operator == "Exists" || toleration.Value == taint.Value);

    /// <summary>When the Pod must go: null for never, the past for at once.</summary>
    public static DateTimeOffset? LeaveAt(Pod pod, IEnumerable<Taint> taints, DateTimeOffset now)
    {
        DateTimeOffset? leave = null;
        foreach (var taint in taints.Where(t => t.Effect == NodeTaints.NoExecute))
        {
            var tolerations = pod.Spec.Tolerations.Where(t => Tolerates(t, taint)).ToList();
            if (tolerations.Count == 0)
            {
                return now;
            }

            if (tolerations.Min(t => t.TolerationSeconds) is not { } seconds)
            {
                continue;
            }

            // Counted from when the taint came, so that a restart of the control plane does not start it again; but a Pod
            // that came later counts from its own beginning.
            var since = taint.TimeAdded ?? now;
            var created = pod.Metadata.CreationTimestamp ?? now;
            var at = (since > created ? since : created).AddSeconds(Math.Max(0, seconds));
            leave = leave is { } earlier && earlier < at ? earlier : at;
        }

        return leave;
    }
}
