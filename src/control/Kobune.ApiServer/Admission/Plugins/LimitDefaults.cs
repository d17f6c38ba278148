using Kobune.Api;
using Kobune.Api.Core.V1;

namespace Kobune.ApiServer.Admission.Plugins;

/// <summary>The default requests and limits of a LimitRange.</summary>
internal static class LimitDefaults
{
    private const string Annotation = "kubernetes.io/limit-ranger";

    public static void Apply(LimitRange range, Pod pod)
    {
        var requests = Merge(range, i => i.DefaultRequest);
        var limits = Merge(range, i => i.Default);
        var notes = new List<string>();
        foreach (var container in pod.Spec.Containers)
        {
            Fill(container, "container", requests, limits, notes);
        }

        foreach (var container in pod.Spec.InitContainers)
        {
            Fill(container, "init container", requests, limits, notes);
        }

        if (notes.Count > 0)
        {
            pod.Metadata.Annotations[Annotation] = "LimitRanger plugin set: " + string.Join("; ", notes);
        }
    }

    private static Dictionary<string, Quantity> Merge(LimitRange range, Func<LimitRangeItem, Dictionary<string, Quantity>> of)
    {
        var result = new Dictionary<string, Quantity>(StringComparer.Ordinal);
        foreach (var (name, amount) in range.Spec.Limits.Where(i => i.Type == "Container").SelectMany(of))
        {
            result[name] = amount;
        }

        return result;
    }

    private static void Fill(Container container, string what, Dictionary<string, Quantity> requests, Dictionary<string, Quantity> limits, List<string> notes)
    {
        var setLimits = Missing(container.Resources.Limits, limits);
        var setRequests = Missing(container.Resources.Requests, requests);
        if (setRequests.Count > 0)
        {
            notes.Add($"{string.Join(", ", setRequests)} request for {what} {container.Name}");
        }

        if (setLimits.Count > 0)
        {
            notes.Add($"{string.Join(", ", setLimits)} limit for {what} {container.Name}");
        }
    }

    private static List<string> Missing(Dictionary<string, Quantity> amounts, Dictionary<string, Quantity> defaults)
    {
        var missing = defaults.Keys.Where(n => !amounts.ContainsKey(n)).Order(StringComparer.Ordinal).ToList();
        missing.ForEach(n => amounts[n] = defaults[n]);
        return missing;
    }
}
