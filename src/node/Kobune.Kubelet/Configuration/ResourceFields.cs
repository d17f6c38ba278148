using System.Globalization;
using Kobune.Api;
using Kobune.Api.Core.V1;

namespace Kobune.Kubelet.Configuration;

/// <summary>The downward API: resources of a container, divided and rounded up; without a limit, the node's allocatable.</summary>
internal static class ResourceFields
{
    public static string Read(Pod pod, ResourceFieldSelector selector, string ownContainer, IReadOnlyDictionary<string, Quantity> allocatable)
    {
        var name = selector.ContainerName.Length > 0 ? selector.ContainerName : ownContainer;
        var container = pod.Spec.Containers.Concat(pod.Spec.InitContainers).FirstOrDefault(c => c.Name == name)
            ?? throw new ConfigurationException($"container {name} not found");
        var parts = selector.Resource.Split('.', 2);
        if (parts.Length != 2 || parts[0] is not ("limits" or "requests"))
        {
            throw new ConfigurationException($"unsupported container resource : {selector.Resource}");
        }

        var map = parts[0] == "limits" ? container.Resources.Limits : container.Resources.Requests;
        if (!map.TryGetValue(parts[1], out var value))
        {
            value = parts[0] == "limits" ? allocatable.GetValueOrDefault(parts[1]) : default;
        }

        var divisor = selector.Divisor.IsZero ? Quantity.Parse("1") : selector.Divisor;
        return Math.Ceiling(value.ToDecimal() / divisor.ToDecimal()).ToString("0", CultureInfo.InvariantCulture);
    }
}
