using Kobune.Api.Core.V1;

namespace Kobune.Controllers;

/// <summary>What a Pod's status means to a controller.</summary>
internal static class PodStates
{
    public static PodCondition? Condition(this Pod pod, string type)
    {
        foreach (var condition in pod.Status.Conditions)
        {
            if (condition.Type == type)
            {
                return condition;
            }
        }

        return null;
    }

    public static bool IsReady(this Pod pod) => pod.Condition("Ready")?.Status == "True";

    /// <summary>It has ended and will not run again.</summary>
    public static bool IsTerminal(this Pod pod) => pod.Status.Phase is "Succeeded" or "Failed";

    public static bool IsTerminating(this Pod pod) => pod.Metadata.DeletionTimestamp is not null;

    /// <summary>Neither ended nor about to be deleted: it counts as a replica.</summary>
    public static bool IsActive(this Pod pod) => !pod.IsTerminal() && !pod.IsTerminating();

    /// <summary>Ready for at least <paramref name="minReadySeconds"/>.</summary>
    public static bool IsAvailable(this Pod pod, int minReadySeconds, DateTimeOffset now) =>
        pod.IsReady() && (minReadySeconds == 0 || pod.AvailableAt(minReadySeconds) is { } at && at <= now);

    /// <summary>When a ready Pod becomes available; null when it is not ready.</summary>
    public static DateTimeOffset? AvailableAt(this Pod pod, int minReadySeconds) =>
        pod.Condition("Ready") is { Status: "True", LastTransitionTime: { } since } ? since.AddSeconds(minReadySeconds) : null;

    public static int Restarts(this Pod pod) =>
        pod.Status.ContainerStatuses.Select(s => s.RestartCount).DefaultIfEmpty().Max();
}
