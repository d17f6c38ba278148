using Kobune.Api.Core.V1;

namespace Kobune.Api.Quotas;

/// <summary>What a whole Pod requests and is limited to: its containers together, what is set for the Pod, and the runtime's overhead.</summary>
public static class PodAmounts
{
    public static Dictionary<string, Quantity> Requests(PodSpec spec)
    {
        var total = PodResources.ContainerRequests(spec);
        Override(total, spec.Resources?.Requests);
        Add(total, spec.Overhead, false);
        return total;
    }

    public static Dictionary<string, Quantity> Limits(PodSpec spec)
    {
        // The same arithmetic, on the other map.
        var swapped = new PodSpec
        {
            Containers = [.. spec.Containers.Select(Swap)],
            InitContainers = [.. spec.InitContainers.Select(Swap)],
        };
        var total = PodResources.ContainerRequests(swapped);
        Override(total, spec.Resources?.Limits);
        Add(total, spec.Overhead, true);
        return total;
    }

    private static Container Swap(Container container) => new() { RestartPolicy = container.RestartPolicy, Resources = new ResourceRequirements { Requests = container.Resources.Limits } };

    private static void Override(Dictionary<string, Quantity> total, Dictionary<string, Quantity>? whole)
    {
        foreach (var (name, amount) in whole ?? [])
        {
            total[name] = amount;
        }
    }

    private static void Add(Dictionary<string, Quantity> total, Dictionary<string, Quantity> more, bool onlyPresent)
    {
        foreach (var (name, amount) in more)
        {
            if (total.TryGetValue(name, out var before))
            {
                total[name] = before + amount;
            }
            else if (!onlyPresent)
            {
                total[name] = amount;
            }
        }
    }
}
