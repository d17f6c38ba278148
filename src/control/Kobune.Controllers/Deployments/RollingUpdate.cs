using Kobune.Api;
using Kobune.Api.Apps.V1;

namespace Kobune.Controllers.Deployments;

/// <summary>
/// The arithmetic of a rolling update: how far each ReplicaSet may go up or down now, so that there are never more Pods
/// than replicas + maxSurge, and never fewer available ones than replicas − maxUnavailable.
/// </summary>
internal static class RollingUpdate
{
    /// <summary>Both bounds as numbers. Surge rounds up, unavailability down; both zero would be a standstill, so one may then be unavailable.</summary>
    public static (int Surge, int Unavailable) Bounds(IntOrString? maxSurge, IntOrString? maxUnavailable, int replicas)
    {
        var surge = (maxSurge ?? 0).Scaled(replicas, roundUp: true);
        var unavailable = (maxUnavailable ?? 0).Scaled(replicas, roundUp: false);
        return surge == 0 && unavailable == 0 ? (0, 1) : (surge, unavailable);
    }

    public static bool IsRolling(Deployment deployment) => deployment.Spec.Strategy.Type != "Recreate";

    public static int Replicas(Deployment deployment) => deployment.Spec.Replicas ?? 1;

    public static int MaxSurge(Deployment deployment) =>
        IsRolling(deployment) ? Bounds(deployment).Surge : 0;

    public static int MaxUnavailable(Deployment deployment)
    {
        var replicas = Replicas(deployment);
        return IsRolling(deployment) && replicas > 0 ? Math.Min(Bounds(deployment).Unavailable, replicas) : 0;
    }

    /// <summary>The size that the new ReplicaSet may have now.</summary>
    /// <param name="desired">the Deployment's replicas</param>
    /// <param name="current">the size of the new ReplicaSet</param>
    /// <param name="total">the declared sizes of all its ReplicaSets</param>
    /// <param name="maxSurge">how many Pods above the desired number</param>
    public static int NewSize(int desired, int current, int total, int maxSurge)
    {
        var most = desired + maxSurge;
        return total >= most ? current : current + Math.Min(most - total, desired - current);
    }

    /// <summary>How many old Pods may go in all, counting those of the new ReplicaSet that are not available as gone already.</summary>
    public static int MaxScaleDown(int desired, int maxUnavailable, int total, int newSize, int newAvailable) =>
        total - (desired - maxUnavailable) - (newSize - newAvailable);

    private static (int Surge, int Unavailable) Bounds(Deployment deployment) =>
        Bounds(deployment.Spec.Strategy.RollingUpdate?.MaxSurge, deployment.Spec.Strategy.RollingUpdate?.MaxUnavailable, Replicas(deployment));
}
