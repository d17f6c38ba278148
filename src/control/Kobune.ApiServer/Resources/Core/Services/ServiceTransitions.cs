using Kobune.Api;
using Kobune.Api.Core.V1;

namespace Kobune.ApiServer.Resources.Core.Services;

/// <summary>
/// What an update means: a client that leaves out what was allocated keeps it, and one that changes the type does not have
/// to clear what belonged to the old one.
/// </summary>
internal static class ServiceTransitions
{
    /// <summary>clusterIP is the first of clusterIPs; a client may write either.</summary>
    public static void Normalize(Service service, Service? old)
    {
        var (spec, before) = (service.Spec, old?.Spec);
        if (before == null)
        {
            if (spec.ClusterIP.Length > 0 && spec.ClusterIPs.Count == 0)
            {
                spec.ClusterIPs = [spec.ClusterIP];
            }

            return;
        }

        var same = spec.ClusterIPs.SequenceEqual(before.ClusterIPs);
        if (before.ClusterIP.Length > 0 && spec.ClusterIP.Length == 0 && same)
        {
            // Cleared: goes for both.
            spec.ClusterIPs = [];
        }
        else if (spec.ClusterIP.Length > 0 && spec.ClusterIP != before.ClusterIP && (same || spec.ClusterIPs.Count == 0))
        {
            spec.ClusterIPs = [spec.ClusterIP, .. spec.ClusterIPs.Skip(1)];
        }
        else if (spec.ClusterIP.Length > 0 && spec.ClusterIPs.Count == 0 && spec.ClusterIP == before.ClusterIP)
        {
            spec.ClusterIPs = [.. before.ClusterIPs];
        }
    }

    /// <summary>Fills in what was allocated before and is not mentioned now.</summary>
    public static void KeepAllocated(Service service, Service old)
    {
        var (spec, before) = (service.Spec, old.Spec);
        if (old.NeedsClusterIP() && service.NeedsClusterIP())
        {
            spec.ClusterIP = spec.ClusterIP.Length == 0 ? before.ClusterIP : spec.ClusterIP;
            if (spec.ClusterIPs.Count == 0 && spec.ClusterIP == before.ClusterIP)
            {
                spec.ClusterIPs = [.. before.ClusterIPs];
            }
        }

        if (old.TakesNodePorts() && service.TakesNodePorts())
        {
            KeepNodePorts(spec.Ports, before.Ports);
        }

        if (old.NeedsHealthCheck() && service.NeedsHealthCheck() && spec.HealthCheckNodePort == 0)
        {
            spec.HealthCheckNodePort = before.HealthCheckNodePort;
        }
    }

    /// <summary>Drops what only the old type had, unless the client changed it, which then is an error.</summary>
    public static void DropTypeDependent(Service service, Service old)
    {
        var (spec, before) = (service.Spec, old.Spec);
        if (old.NeedsClusterIP() && !service.NeedsClusterIP())
        {
            if (spec.ClusterIP == before.ClusterIP && spec.ClusterIPs.SequenceEqual(before.ClusterIPs))
            {
                (spec.ClusterIP, spec.ClusterIPs) = ("", []);
            }

            spec.IpFamilies = spec.IpFamilies.SequenceEqual(before.IpFamilies) ? [] : spec.IpFamilies;
            spec.IpFamilyPolicy = spec.IpFamilyPolicy == before.IpFamilyPolicy ? null : spec.IpFamilyPolicy;
        }

        if (old.TakesNodePorts() && !service.TakesNodePorts() && SameNodePorts(spec.Ports, before.Ports))
        {
            spec.Ports.ForEach(p => p.NodePort = 0);
        }

        if (old.NeedsHealthCheck() && !service.NeedsHealthCheck() && spec.HealthCheckNodePort == before.HealthCheckNodePort)
        {
            spec.HealthCheckNodePort = 0;
        }

        if (before.Type == "LoadBalancer" && spec.Type != "LoadBalancer")
        {
            spec.AllocateLoadBalancerNodePorts = spec.AllocateLoadBalancerNodePorts == before.AllocateLoadBalancerNodePorts ? null : spec.AllocateLoadBalancerNodePorts;
            spec.LoadBalancerClass = spec.LoadBalancerClass == before.LoadBalancerClass ? null : spec.LoadBalancerClass;
        }

        if (old.IsExternallyAccessible() && !service.IsExternallyAccessible() && spec.ExternalTrafficPolicy == before.ExternalTrafficPolicy)
        {
            spec.ExternalTrafficPolicy = "";
        }
    }

    private static void KeepNodePorts(List<ServicePort> ports, List<ServicePort> old)
    {
        var used = ports.Where(p => p.NodePort != 0).Select(p => p.NodePort).ToHashSet();
        foreach (var port in ports.Where(p => p.NodePort == 0))
        {
            var before = old.Find(p => p.Name == port.Name)?.NodePort ?? 0;
            if (before != 0 && used.Add(before))
            {
                port.NodePort = before;
            }
        }
    }

    private static bool SameNodePorts(List<ServicePort> ports, List<ServicePort> old)
    {
        var wanted = ports.Where(p => p.NodePort != 0).Select(p => p.NodePort).ToHashSet();
        return wanted.IsSubsetOf(old.Select(p => p.NodePort));
    }
}
