using Kobune.Api.Core.V1;

namespace Kobune.ApiServer.Admission.Plugins.Quota;

/// <summary>Under a quota of CPU or memory every container says how much of it it wants.</summary>
internal static class MissingAmounts
{
    private static readonly HashSet<string> Demanded = new(StringComparer.Ordinal) { "cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory" };

    /// <summary>"limits.cpu for: a,b; memory for: a", or null.</summary>
    public static string? Problem(Pod pod, IEnumerable<string> limited)
    {
        var containers = pod.Spec.Containers.Concat(pod.Spec.InitContainers).ToList();
        var parts = limited.Where(Demanded.Contains).Order(StringComparer.Ordinal).Select(n => (Name: n, Missing: Missing(pod.Spec, containers, n)))
            .Where(p => p.Missing.Count > 0).Select(p => $"{p.Name} for: {string.Join(",", p.Missing)}").ToList();
        return parts.Count == 0 ? null : string.Join("; ", parts);
    }

    private static List<string> Missing(PodSpec spec, List<Container> containers, string name)
    {
        var limits = name.StartsWith("limits.", StringComparison.Ordinal);
        var resource = name[(name.IndexOf('.') + 1)..];
        if ((limits ? spec.Resources?.Limits : spec.Resources?.Requests)?.ContainsKey(resource) == true)
        {
            return [];
        }

        return [.. containers.Where(c => !(limits ? c.Resources.Limits : c.Resources.Requests).ContainsKey(resource)).Select(c => c.Name).Distinct().Order(StringComparer.Ordinal)];
    }
}
