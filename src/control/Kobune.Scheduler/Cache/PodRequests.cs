using Kobune.Api;
using Kobune.Api.Core.V1;

namespace Kobune.Scheduler.Cache;

/// <summary>
/// What a Pod asks for in all: the larger of what its containers need together and what any init container needs with the
/// sidecars started before it, plus overhead. Requests at Pod level stand in for those of its containers.
/// </summary>
internal static class PodRequests
{
    public static Amount[] Of(Pod pod, ResourceNames names)
    {
        var total = Total(pod, static container => container.Resources.Requests);
        var amounts = new List<Amount>(total.Count + 1) { new(ResourceNames.Pods, 1) };
        foreach (var (name, value) in total)
        {
            if (value > 0)
            {
                amounts.Add(new Amount(names.NumberOf(name), value));
            }
        }

        return [.. amounts];
    }

    /// <summary>CPU and memory with a small amount assumed for containers that ask for none.</summary>
    public static (long Cpu, long Memory) ForScoring(Pod pod, long assumedCpu, long assumedMemory)
    {
        var total = Total(pod, container =>
        {
            var requests = container.Resources.Requests;
            return new Dictionary<string, Quantity>
            {
                ["cpu"] = requests.TryGetValue("cpu", out var cpu) ? cpu : Quantity.FromMilli(assumedCpu),
                ["memory"] = requests.TryGetValue("memory", out var memory) ? memory : new Quantity(assumedMemory),
            };
        });
        return (total.GetValueOrDefault("cpu"), total.GetValueOrDefault("memory"));
    }

    public static long Units(string resource, Quantity quantity) => resource == "cpu" ? quantity.MilliValue : quantity.Value;

    private static Dictionary<string, long> Total(Pod pod, Func<Container, IReadOnlyDictionary<string, Quantity>> requestsOf)
    {
        var running = new Dictionary<string, long>();
        foreach (var container in pod.Spec.Containers)
        {
            Add(running, requestsOf(container));
        }

        var sidecars = new Dictionary<string, long>();
        var largestInit = new Dictionary<string, long>();
        foreach (var container in pod.Spec.InitContainers)
        {
            var requests = requestsOf(container);
            if (container.RestartPolicy == "Always")
            {
                Add(running, requests);
                Add(sidecars, requests);
                Max(largestInit, sidecars);
            }
            else
            {
                var during = new Dictionary<string, long>(sidecars);
                Add(during, requests);
                Max(largestInit, during);
            }
        }

        Max(running, largestInit);
        foreach (var (name, quantity) in pod.Spec.Resources?.Requests ?? [])
        {
            running[name] = Units(name, quantity);
        }

        Add(running, pod.Spec.Overhead);
        return running;
    }

    private static void Add(Dictionary<string, long> total, IReadOnlyDictionary<string, Quantity> requests)
    {
        foreach (var (name, quantity) in requests)
        {
            total[name] = total.GetValueOrDefault(name) + Units(name, quantity);
        }
    }

    private static void Max(Dictionary<string, long> total, Dictionary<string, long> other)
    {
        foreach (var (name, value) in other)
        {
            total[name] = Math.Max(total.GetValueOrDefault(name), value);
        }
    }
}
