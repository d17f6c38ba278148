using Kobune.Api;
using Kobune.Api.Core.V1;

namespace Kobune.Kubelet.Admission;

/// <summary>What a Pod takes of its node: the sum of what runs side by side, or the largest init container, or what the Pod asks for as a whole; plus overhead.</summary>
internal static class PodAmounts
{
    public static Dictionary<string, Quantity> Requests(Pod pod)
    {
        var spec = pod.Spec;
        var total = new Dictionary<string, Quantity>(StringComparer.Ordinal);
        var sidecars = new Dictionary<string, Quantity>(StringComparer.Ordinal);
        var peak = new Dictionary<string, Quantity>(StringComparer.Ordinal);
        spec.Containers.ForEach(c => Add(total, c.Resources.Requests));
        foreach (var init in spec.InitContainers)
        {
            var beside = new Dictionary<string, Quantity>(init.Resources.Requests, StringComparer.Ordinal);
            Add(beside, sidecars);
            Raise(peak, beside);
            if (init.IsSidecar)
            {
                Add(total, init.Resources.Requests);
                Add(sidecars, init.Resources.Requests);
            }
        }

        Raise(total, peak);
        foreach (var (name, amount) in spec.Resources?.Requests ?? [])
        {
            total[name] = amount;
        }

        Add(total, spec.Overhead);
        total["pods"] = new Quantity(1);
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
