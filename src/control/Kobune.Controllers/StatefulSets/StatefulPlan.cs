using Kobune.Api;
using Kobune.Api.Apps.V1;
using Kobune.Api.Core.V1;

namespace Kobune.Controllers.StatefulSets;

/// <summary>One thing to do: delete this Pod, or create the one of this ordinal in this revision.</summary>
internal sealed record StatefulStep(Pod? Delete, int Ordinal = 0, string Revision = "", string? Reason = null, bool ScalesDown = false);

/// <summary>
/// The pure decision: from a StatefulSet and its Pods, what to do now. OrderedReady takes one step and waits until the Pod
/// is running and ready (or gone); Parallel takes all.
/// </summary>
internal sealed class StatefulPlan(StatefulSet set, IReadOnlyList<Pod> pods, string current, string update, DateTimeOffset now)
{
    private readonly Dictionary<int, Pod> _byOrdinal = pods.ToDictionary(p => StatefulPods.OrdinalOf(set, p)!.Value);

    private int First => set.Spec.Ordinals?.Start ?? 0;

    private int Replicas => set.Spec.Replicas ?? 1;

    private bool IsOrdered => set.Spec.PodManagementPolicy != "Parallel";

    private bool IsRolling => set.Spec.UpdateStrategy.Type != "OnDelete";

    private int Partition => set.Spec.UpdateStrategy.RollingUpdate?.Partition ?? 0;

    public IEnumerable<StatefulStep> Steps()
    {
        var steps = new List<StatefulStep>();
        var mayGoOn = Grow(steps) && Shrink(steps);
        if (mayGoOn && steps.Count == 0 && IsRolling)
        {
            Roll(steps);
        }

        return steps;
    }

    public StatefulSetStatus Status(int? collisions)
    {
        var here = pods.Where(p => StatefulPods.OrdinalOf(set, p) is not null).ToList();
        var status = set.Clone().Status;
        status.ObservedGeneration = set.Metadata.Generation;
        status.Replicas = here.Count;
        status.ReadyReplicas = here.Count(StatefulPods.IsRunningAndReady);
        status.AvailableReplicas = here.Count(p => p.Status.Phase == "Running" && p.IsAvailable(set.Spec.MinReadySeconds, now));
        status.CurrentReplicas = here.Count(p => !p.IsTerminating() && StatefulPods.RevisionOf(p) == current);
        status.UpdatedReplicas = here.Count(p => !p.IsTerminating() && StatefulPods.RevisionOf(p) == update);
        status.CurrentRevision = current;
        status.UpdateRevision = update;
        status.CollisionCount = collisions ?? 0;
        if (IsRolling && status.UpdatedReplicas == status.Replicas && status.ReadyReplicas == status.Replicas && status.Replicas == Replicas)
        {
            status.CurrentReplicas = status.UpdatedReplicas; // the update is complete: what was new is now current
            status.CurrentRevision = update;
        }

        return status;
    }

    // False when a Pod must become ready, or go, before anything else may happen.
    private bool Grow(List<StatefulStep> steps)
    {
        for (var ordinal = First; ordinal < First + Replicas; ordinal++)
        {
            if (!_byOrdinal.TryGetValue(ordinal, out var pod))
            {
                steps.Add(new StatefulStep(null, ordinal, RevisionFor(ordinal)));
            }
            else if (pod.IsTerminal() && !pod.IsTerminating())
            {
                steps.Add(new StatefulStep(pod, Reason: pod.Status.Phase == "Failed" ? "RecreatingFailedPod" : "RecreatingTerminatedPod"));
            }
            else if (!IsOrdered || (!pod.IsTerminating() && pod.Status.Phase == "Running" && pod.IsAvailable(set.Spec.MinReadySeconds, now)))
            {
                continue;
            }

            if (IsOrdered)
            {
                return false;
            }
        }

        return true;
    }

    private bool Shrink(List<StatefulStep> steps)
    {
        foreach (var (ordinal, pod) in _byOrdinal.Where(p => p.Key < First || p.Key >= First + Replicas).OrderByDescending(p => p.Key))
        {
            if (IsOrdered && !IsHealthy(pod) && _byOrdinal.Any(p => p.Key < ordinal && !IsHealthy(p.Value)))
            {
                return false; // more than one is unhealthy: the set stays as it is until somebody has looked
            }

            if (!pod.IsTerminating())
            {
                steps.Add(new StatefulStep(pod, ScalesDown: true));
            }

            if (IsOrdered)
            {
                return false;
            }
        }

        return true;
    }

    // From the last to the first. One at a time, the one before must be well again; with a larger budget, Pods of the old
    // revision that are broken anyway cost nothing of it.
    private void Roll(List<StatefulStep> steps)
    {
        var budget = set.Spec.UpdateStrategy.RollingUpdate?.MaxUnavailable is { } max ? Math.Max(1, max.Scaled(Replicas, roundUp: false)) : 1;
        var left = budget - _byOrdinal.Where(p => p.Key >= First && p.Key < First + Replicas).Count(p => !IsHealthy(p.Value));
        for (var ordinal = First + Replicas - 1; ordinal >= First + Partition; ordinal--)
        {
            var pod = _byOrdinal[ordinal];
            var isOld = !pod.IsTerminating() && StatefulPods.RevisionOf(pod) != update;
            if (budget == 1 && (isOld || !IsHealthy(pod)))
            {
                steps.AddRange(isOld ? [new StatefulStep(pod)] : []);
                return;
            }

            if (isOld && (!IsHealthy(pod) || left-- > 0))
            {
                steps.Add(new StatefulStep(pod));
            }
        }
    }

    private bool IsHealthy(Pod pod) => !pod.IsTerminating() && pod.Status.Phase == "Running" && pod.IsAvailable(set.Spec.MinReadySeconds, now);

    // Below the partition the old revision is kept, also for Pods that are created again.
    private string RevisionFor(int ordinal) => IsRolling && ordinal < First + Partition ? current : update;
}
