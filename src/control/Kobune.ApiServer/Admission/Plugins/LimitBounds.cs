using System.Globalization;
using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.Api.Quotas;
using Kobune.ApiServer.Resources.Shared;

namespace Kobune.ApiServer.Admission.Plugins;

/// <summary>Where requests and limits leave the bounds of one item of a LimitRange, in upstream's sentences.</summary>
internal static class LimitBounds
{
    public static IEnumerable<string> Problems(LimitRangeItem item, Pod pod) => item.Type switch
    {
        "Container" => pod.Spec.Containers.Concat(pod.Spec.InitContainers).SelectMany(c => Check(item, "Container", c.Resources.Requests, c.Resources.Limits)),
        "Pod" => Check(item, "Pod", PodResources.ContainerRequests(pod.Spec), Limits(pod.Spec)),
        _ => [],
    };

    public static IEnumerable<string> Problems(LimitRangeItem item, PersistentVolumeClaim claim)
    {
        if (item.Type != "PersistentVolumeClaim")
        {
            yield break;
        }

        foreach (var (name, bound) in item.Min)
        {
            if (Below(claim.Spec.Resources.Requests, name, bound) is { } value)
            {
                yield return $"minimum {name} usage per PersistentVolumeClaim is {bound}, but request is {value}";
            }
        }

        foreach (var (name, bound) in item.Max)
        {
            if (claim.Spec.Resources.Requests.TryGetValue(name, out var value) && value > bound)
            {
                yield return $"maximum {name} usage per PersistentVolumeClaim is {bound}, but request is {value}";
            }
        }
    }

    private static IEnumerable<string> Check(LimitRangeItem item, string type, Dictionary<string, Quantity> requests, Dictionary<string, Quantity> limits) =>
        item.Min.Select(b => Min(b.Key, type, b.Value, requests, limits))
            .Concat(item.Max.Select(b => Max(b.Key, type, b.Value, requests, limits)))
            .Concat(item.MaxLimitRequestRatio.Select(b => Ratio(b.Key, type, b.Value, requests, limits))).OfType<string>();

    private static string? Min(string name, string type, Quantity bound, Dictionary<string, Quantity> requests, Dictionary<string, Quantity> limits) =>
        !requests.ContainsKey(name) ? $"minimum {name} usage per {type} is {bound}.  No request is specified"
        : Below(requests, name, bound) is { } request ? $"minimum {name} usage per {type} is {bound}, but request is {request}"
        : Below(limits, name, bound) is { } limit ? $"minimum {name} usage per {type} is {bound}, but limit is {limit}" : null;

    private static string? Max(string name, string type, Quantity bound, Dictionary<string, Quantity> requests, Dictionary<string, Quantity> limits) =>
        !limits.TryGetValue(name, out var limit) ? $"maximum {name} usage per {type} is {bound}.  No limit is specified"
        : limit > bound ? $"maximum {name} usage per {type} is {bound}, but limit is {limit}"
        : requests.TryGetValue(name, out var request) && request > bound ? $"maximum {name} usage per {type} is {bound}, but request is {request}" : null;

    private static string? Ratio(string name, string type, Quantity bound, Dictionary<string, Quantity> requests, Dictionary<string, Quantity> limits)
    {
        if (!requests.TryGetValue(name, out var request) || request.IsZero)
        {
            return $"{name} max limit to request ratio per {type} is {bound}, but no request is specified or request is 0";
        }

        if (!limits.TryGetValue(name, out var limit) || limit.IsZero)
        {
            return $"{name} max limit to request ratio per {type} is {bound}, but no limit is specified or limit is 0";
        }

        var ratio = limit.ToDecimal() / request.ToDecimal();
        return ratio > bound.ToDecimal()
            ? $"{name} max limit to request ratio per {type} is {bound}, but provided ratio is {ratio.ToString("F6", CultureInfo.InvariantCulture)}" : null;
    }

    private static Quantity? Below(Dictionary<string, Quantity> amounts, string name, Quantity bound) =>
        amounts.TryGetValue(name, out var value) && value < bound ? value : default(Quantity?);

    /// <summary>The sum over containers; a limit counts for the Pod only when every container has one.</summary>
    private static Dictionary<string, Quantity> Limits(PodSpec spec)
    {
        var total = PodAmounts.Limits(spec);
        foreach (var name in total.Keys.Where(n => spec.Containers.Exists(c => !c.Resources.Limits.ContainsKey(n))).ToList())
        {
            total.Remove(name);
        }

        return total;
    }
}
