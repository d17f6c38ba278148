using Kobune.Api;
using Kobune.Api.Core.V1;

namespace Kobune.Controllers.Autoscaling;

/// <summary>How many replicas a metric asks for, and what it was.</summary>
internal readonly record struct Proposal(int Replicas, int? Utilization, long MilliAverage);

/// <summary>
/// The arithmetic of the autoscaler. Pods that are not ready or not measured are assumed, in the end, to work against the
/// change: idle when it is to grow, fully busy when it is to shrink. All values are thousandths.
/// </summary>
internal static class ReplicaCalculator
{
    /// <summary>Towards a share, in percent, of what the Pods request.</summary>
    public static Proposal ByUtilization(
        int current, int target, List<Pod> pods, Dictionary<string, MetricSample> samples, string resource, string? container, Tolerance tolerance, DateTimeOffset now)
    {
        var groups = Sort(pods, samples, resource, now);
        var requests = Requests(pods, resource, container);
        return ByRatio(current, samples, groups, tolerance, Ratio, name => requests[name] * Math.Max(100, target) / 100);

        (double, Proposal) Ratio(Dictionary<string, MetricSample> counted)
        {
            var known = counted.Where(s => requests.ContainsKey(s.Key)).ToList();
            var requested = known.Sum(s => requests[s.Key]);
            if (requested == 0)
            {
                throw new InvalidOperationException("no metrics returned matched known pods");
            }

            var used = known.Sum(s => s.Value.MilliValue);
            var utilization = (int)(used * 100 / requested);
            return ((double)utilization / target, new Proposal(0, utilization, used / known.Count));
        }
    }

    /// <summary>Towards an average per Pod.</summary>
    public static Proposal ByAverage(int current, long target, List<Pod> pods, Dictionary<string, MetricSample> samples, string resource, Tolerance tolerance, DateTimeOffset now)
    {
        var groups = Sort(pods, samples, resource, now);
        return ByRatio(current, samples, groups, tolerance, Ratio, _ => target);

        (double, Proposal) Ratio(Dictionary<string, MetricSample> counted)
        {
            var average = counted.Values.Sum(s => s.MilliValue) / counted.Count;
            return ((double)average / target, new Proposal(0, null, average));
        }
    }

    /// <summary>Towards a value for all Pods together.</summary>
    public static Proposal ByValue(int current, long usage, long target, List<Pod> pods, Tolerance tolerance)
    {
        var ratio = (double)usage / target;
        var replicas = current == 0 ? Up(ratio) : tolerance.Covers(ratio) ? current : Up(ratio * pods.Count(p => p.Status.Phase == "Running" && p.IsReady()));
        return new Proposal(replicas, null, usage);
    }

    /// <summary>Towards a value that is divided by the number of Pods.</summary>
    public static Proposal ByShare(int current, long usage, long target, Tolerance tolerance)
    {
        var fits = current > 0 && tolerance.Covers((double)usage / ((double)target * current));
        var replicas = fits ? current : Up((double)usage / target);
        return new Proposal(replicas, null, current > 0 ? Up((double)usage / current) : usage);
    }

    // Takes the samples that do not count out of the dictionary.
    private static PodGroups Sort(List<Pod> pods, Dictionary<string, MetricSample> samples, string resource, DateTimeOffset now)
    {
        if (pods.Count == 0)
        {
            throw new InvalidOperationException("no pods returned by selector while calculating replica count");
        }

        var groups = PodGroups.Of(pods, samples, resource, now);
        foreach (var name in groups.Ignored.Concat(groups.Unready))
        {
            samples.Remove(name);
        }

        return samples.Count > 0 ? groups : throw new InvalidOperationException("did not receive metrics for targeted pods (pods might be unready)");
    }

    private static Proposal ByRatio(
        int current, Dictionary<string, MetricSample> samples, PodGroups groups, Tolerance tolerance,
        Func<Dictionary<string, MetricSample>, (double Ratio, Proposal Seen)> measure, Func<string, long> whenBusy)
    {
        var (ratio, seen) = measure(samples);
        var growsWithUnready = groups.Unready.Count > 0 && ratio > 1.0;
        if (!growsWithUnready && groups.Missing.Count == 0)
        {
            return seen with { Replicas = tolerance.Covers(ratio) ? current : Up(ratio * groups.Ready) };
        }

        foreach (var name in ratio == 1.0 ? [] : groups.Missing)
        {
            samples[name] = new MetricSample(ratio < 1.0 ? whenBusy(name) : 0, default, default);
        }

        foreach (var name in growsWithUnready ? groups.Unready : [])
        {
            samples[name] = default;
        }

        var (careful, _) = measure(samples);
        var replicas = Up(careful * samples.Count);
        var turnsBack = tolerance.Covers(careful) || (ratio < 1.0 && careful > 1.0) || (ratio > 1.0 && careful < 1.0)
            || (careful < 1.0 && replicas > current) || (careful > 1.0 && replicas < current);
        return seen with { Replicas = turnsBack ? current : replicas };
    }

    private static Dictionary<string, long> Requests(List<Pod> pods, string resource, string? container)
    {
        var requests = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var pod in pods)
        {
            if (container is null && pod.Spec.Resources?.Requests.TryGetValue(resource, out var whole) == true)
            {
                requests[pod.Name] = whole.MilliValue;
                continue;
            }

            var containers = pod.Spec.Containers.Concat(pod.Spec.Sidecars()).Where(c => container is null || c.Name == container);
            requests[pod.Name] = containers.Sum(c => c.Resources.Requests.TryGetValue(resource, out var request)
                ? request.MilliValue
                : throw new InvalidOperationException($"missing request for {resource} in container {c.Name} of Pod {pod.Name}"));
        }

        return requests;
    }

    private static int Up(double replicas) => (int)Math.Min(int.MaxValue, Math.Ceiling(replicas));
}
