using Kobune.Proxy.Services;

namespace Kobune.Proxy.Conntrack;

/// <summary>
/// Flows of UDP that the kernel would go on sending to where they went: UDP has no end, so a client that keeps its port
/// would never see new endpoints.
/// </summary>
/// <param name="Destination">What the client calls; empty for a node port.</param>
/// <param name="Port">The port that it calls.</param>
/// <param name="Endpoint">Where it was sent; empty: nowhere yet.</param>
internal readonly record struct StaleFlow(string Destination, int Port, string Endpoint)
{
    public static IEnumerable<StaleFlow> Between(ServicePlan? old, ServicePlan? now)
    {
        foreach (var was in old?.Ports.Where(p => p.Name.Protocol == "udp") ?? [])
        {
            var left = now?.Ports.FirstOrDefault(p => p.Name == was.Name)?.Reachable.Select(b => b.Address).ToHashSet() ?? [];
            foreach (var address in was.Reachable.Select(b => b.Address).Distinct().Where(a => !left.Contains(a)))
            {
                foreach (var (destination, port) in Frontends(was))
                {
                    yield return new StaleFlow(destination, port, address);
                }
            }
        }
        // A Service that had nobody left flows that were not translated at all.
        foreach (var port in now?.Ports.Where(p => p.Name.Protocol == "udp" && p.Reachable.Any()) ?? [])
        {
            if (old?.Ports.FirstOrDefault(p => p.Name == port.Name)?.Reachable.Any() != true)
            {
                foreach (var (destination, number) in Frontends(port))
                {
                    yield return new StaleFlow(destination, number, "");
                }
            }
        }
    }

    private static IEnumerable<(string, int)> Frontends(ServicePortPlan port)
    {
        foreach (var address in port.ExternalIps.Concat(port.LoadBalancerIps).Append(port.ClusterIp))
        {
            yield return (address, port.Port);
        }
        if (port.NodePort != 0)
        {
            yield return ("", port.NodePort);
        }
    }
}
