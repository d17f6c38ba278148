using Kobune.Api.Core.V1;

namespace Kobune.Controllers.Autoscaling;

/// <summary>The Pods of a target by what their samples are worth: fit to be counted, not ready yet, or without a sample.</summary>
internal sealed record PodGroups(int Ready, List<string> Unready, List<string> Missing, List<string> Ignored)
{
    // A Pod that starts uses more CPU than it will; so long its samples count only while it is ready.
    private static readonly TimeSpan CpuInitialization = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan InitialReadiness = TimeSpan.FromSeconds(30);

    public static PodGroups Of(IEnumerable<Pod> pods, Dictionary<string, MetricSample> samples, string resource, DateTimeOffset now)
    {
        var ready = 0;
        var groups = new PodGroups(0, [], [], []);
        foreach (var pod in pods)
        {
            if (pod.IsTerminating() || pod.Status.Phase == "Failed")
            {
                groups.Ignored.Add(pod.Name);
            }
            else if (pod.Status.Phase == "Pending")
            {
                groups.Unready.Add(pod.Name);
            }
            else if (!samples.TryGetValue(pod.Name, out var sample))
            {
                groups.Missing.Add(pod.Name);
            }
            else if (resource == "cpu" && !IsSettled(pod, sample, now))
            {
                groups.Unready.Add(pod.Name);
            }
            else
            {
                ready++;
            }
        }

        return groups with { Ready = ready };
    }

    private static bool IsSettled(Pod pod, MetricSample sample, DateTimeOffset now)
    {
        if (pod.Condition("Ready") is not { } condition || pod.Status.StartTime is not { } started)
        {
            return false;
        }

        return started + CpuInitialization > now
            ? condition.Status != "False" && !(sample.Timestamp < condition.LastTransitionTime + sample.Window)
            : condition.Status != "False" || !(started + InitialReadiness > condition.LastTransitionTime);
    }
}
