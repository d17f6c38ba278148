using Kobune.Api.Core.V1;

namespace Kobune.Api.Quotas;

/// <summary>What a Pod's containers ask for together.</summary>
public static class PodResources
{
    /// <summary>Whether a Pod may ask for the resource as a whole.</summary>
    public static bool IsPodLevel(string name) => name is "cpu" or "memory" || name.StartsWith("hugepages-", StringComparison.Ordinal);

    public static bool IsSidecar(Container container) => container.RestartPolicy == "Always";

    /// <summary>
    /// Containers and sidecars run side by side and add up; other init containers run one after another, each beside the
    /// sidecars started before it, so only the largest of them counts.
    /// </summary>
    public static Dictionary<string, Quantity> ContainerRequests(PodSpec spec)
    {
        var total = new Dictionary<string, Quantity>(StringComparer.Ordinal);
        spec.Containers.ForEach(c => Add(total, c.Resources.Requests));
        var sidecars = new Dictionary<string, Quantity>(StringComparer.Ordinal);
        var peak = new Dictionary<string, Quantity>(StringComparer.Ordinal);
        foreach (var init in spec.InitContainers)
        {
            if (IsSidecar(init))
            {
                Add(total, init.Resources.Requests);
                Add(sidecars, init.Resources.Requests);
                Raise(peak, sidecars);
            }
            else
            {
                var now = new Dictionary<string, Quantity>(init.Resources.Requests, StringComparer.Ordinal);
                Add(now, sidecars);
                Raise(peak, now);
            }
        }

        Raise(total, peak);
        return total;
    }

    private static void Add(Dictionary<string, Quantity> to, Dictionary<string, Quantity> more)
    {
        foreach (var (name, amount) in more)
        {
            to[name] = to.TryGetValue(name, out var before) ? before + amount : amount;
        }
    }

    private static void Raise(Dictionary<string, Quantity> to, Dictionary<string, Quantity> least)
    {
        foreach (var (name, amount) in least)
        {
            to[name] = to.TryGetValue(name, out var before) ? Quantity.Max(before, amount) : amount;
        }
    }
}
