using Kobune.Api.Apps.V1;

namespace Kobune.Controllers.Deployments;

/// <summary>What a Deployment's status says, and when a rollout counts as complete, progressing, or stuck.</summary>
internal static class DeploymentStatuses
{
    public const string Available = "Available";
    public const string Progressing = "Progressing";
    public const string ReplicaFailure = "ReplicaFailure";
    public const string TimedOut = "ProgressDeadlineExceeded";
    public const string NewReplicaSetAvailable = "NewReplicaSetAvailable";

    public static DeploymentCondition? Find(DeploymentStatus status, string type) => status.Conditions.FirstOrDefault(c => c.Type == type);

    /// <summary>Sets a condition; with the same status and reason it is left as it was, with the same status its transition time is.</summary>
    public static void Set(DeploymentStatus status, string type, string value, string reason, string message, DateTimeOffset now)
    {
        var current = Find(status, type);
        if (current is not null && current.Status == value && current.Reason == reason)
        {
            return;
        }

        Remove(status, type);
        status.Conditions.Add(new DeploymentCondition
        {
            Type = type,
            Status = value,
            Reason = reason,
            Message = message,
            LastUpdateTime = now,
            LastTransitionTime = current?.Status == value ? current.LastTransitionTime : now,
        });
    }

    public static void Remove(DeploymentStatus status, string type) => status.Conditions = [.. status.Conditions.Where(c => c.Type != type)];

    public static bool HasProgressDeadline(Deployment deployment) =>
        deployment.Spec.ProgressDeadlineSeconds is { } seconds && seconds != int.MaxValue;

    public static bool IsComplete(Deployment deployment, DeploymentStatus status)
    {
        var replicas = RollingUpdate.Replicas(deployment);
        return status.UpdatedReplicas == replicas && status.Replicas == replicas && status.AvailableReplicas == replicas
            && status.ObservedGeneration >= deployment.Metadata.Generation;
    }

    /// <summary>More new, fewer old, more ready or more available Pods than before.</summary>
    public static bool IsProgressing(DeploymentStatus before, DeploymentStatus now) =>
        now.UpdatedReplicas > before.UpdatedReplicas
        || now.Replicas - now.UpdatedReplicas < before.Replicas - before.UpdatedReplicas
        || now.ReadyReplicas > before.ReadyReplicas
        || now.AvailableReplicas > before.AvailableReplicas;

    public static bool IsTimedOut(Deployment deployment, DeploymentStatus status, DateTimeOffset now)
    {
        if (!HasProgressDeadline(deployment) || Find(status, Progressing) is not { } condition || condition.Reason == NewReplicaSetAvailable)
        {
            return false;
        }

        return condition.Reason == TimedOut
            || condition.LastUpdateTime is { } since && since.AddSeconds(deployment.Spec.ProgressDeadlineSeconds!.Value) < now;
    }

    /// <summary>The status computed from the ReplicaSets; conditions are carried over, Available is set.</summary>
    public static DeploymentStatus Compute(Deployment deployment, IReadOnlyList<ReplicaSet> all, ReplicaSet? newest, DateTimeOffset now)
    {
        var available = all.Sum(r => r.Status.AvailableReplicas);
        var status = deployment.Clone().Status;
        status.ObservedGeneration = deployment.Metadata.Generation;
        status.Replicas = all.Sum(r => r.Status.Replicas);
        status.UpdatedReplicas = newest?.Status.Replicas ?? 0;
        status.ReadyReplicas = all.Sum(r => r.Status.ReadyReplicas);
        status.AvailableReplicas = available;
        status.UnavailableReplicas = Math.Max(0, all.Sum(r => r.Spec.Replicas ?? 0) - available);
        status.TerminatingReplicas = all.Sum(r => r.Status.TerminatingReplicas ?? 0);
        if (available >= RollingUpdate.Replicas(deployment) - RollingUpdate.MaxUnavailable(deployment))
        {
            Set(status, Available, "True", "MinimumReplicasAvailable", "Deployment has minimum availability.", now);
        }
        else
        {
            Set(status, Available, "False", "MinimumReplicasUnavailable", "Deployment does not have minimum availability.", now);
        }

        return status;
    }
}
