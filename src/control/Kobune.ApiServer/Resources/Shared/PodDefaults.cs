using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.Api.Quotas;

namespace Kobune.ApiServer.Resources.Shared;

/// <summary>Defaults that a Pod gets beyond those of its spec; templates do not have them.</summary>
internal static class PodDefaults
{
    public static void Apply(Pod pod)
    {
        PodSpecDefaults.Apply(pod.Spec);
        pod.Spec.Containers.ForEach(RequestsFromLimits);
        pod.Spec.InitContainers.ForEach(RequestsFromLimits);
        PodRequests(pod.Spec);
        pod.Spec.EnableServiceLinks ??= true;
        if (pod.Spec.HostNetwork)
        {
            pod.Spec.Containers.ForEach(HostPorts);
            pod.Spec.InitContainers.ForEach(HostPorts);
        }
    }

    private static void RequestsFromLimits(Container container)
    {
        if (container.Resources.Limits.Count == 0)
        {
            return;
        }

        foreach (var (name, limit) in container.Resources.Limits)
        {
            container.Resources.Requests.TryAdd(name, limit);
        }
    }

    /// <summary>A Pod with limits of its own requests what its containers request together, otherwise its limits.</summary>
    private static void PodRequests(PodSpec spec)
    {
        if (spec.Resources is not { Limits.Count: > 0 } resources)
        {
            return;
        }

        foreach (var (name, sum) in PodResources.ContainerRequests(spec))
        {
            if (PodResources.IsPodLevel(name) && !name.StartsWith("hugepages-", StringComparison.Ordinal))
            {
                resources.Requests.TryAdd(name, sum);
            }
        }

        foreach (var (name, limit) in resources.Limits)
        {
            if (PodResources.IsPodLevel(name))
            {
                resources.Requests.TryAdd(name, limit);
            }
        }
    }

    private static void HostPorts(Container container)
    {
        foreach (var port in container.Ports)
        {
            port.HostPort = port.HostPort == 0 ? port.Port : port.HostPort;
        }
    }
}
