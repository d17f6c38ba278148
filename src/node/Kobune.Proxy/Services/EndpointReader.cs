using System.Net;
using System.Net.Sockets;
using Kobune.Api.Core.V1;
using Kobune.Api.Discovery.V1;

namespace Kobune.Proxy.Services;

/// <summary>Reads the endpoints of one port of a Service out of its slices.</summary>
internal static class EndpointReader
{
    public static List<EndpointState> Read(IReadOnlyList<EndpointSlice> slices, ServicePort port, NodeView node)
    {
        var found = new SortedDictionary<string, EndpointState>(StringComparer.Ordinal);
        foreach (var slice in slices)
        {
            if (slice.AddressType != "IPv4")
            {
                continue;
            }
            foreach (var number in Numbers(slice, port))
            {
                foreach (var endpoint in slice.Endpoints)
                {
                    Add(found, endpoint, number, node);
                }
            }
        }
        return [.. found.Values];
    }

    public static bool IsIPv4(string address) => IPAddress.TryParse(address, out var parsed) && parsed.AddressFamily == AddressFamily.InterNetwork;

    private static IEnumerable<int> Numbers(EndpointSlice slice, ServicePort port) =>
        slice.Ports.Where(p => (p.Name ?? "") == port.Name && Protocol(p.Protocol ?? "") == Protocol(port.Protocol) && p.Port is > 0).Select(p => p.Port!.Value);

    private static string Protocol(string protocol) => protocol.Length == 0 ? "TCP" : protocol;

    private static void Add(SortedDictionary<string, EndpointState> found, Endpoint endpoint, int port, NodeView node)
    {
        if (endpoint.Addresses.Count == 0 || !IsIPv4(endpoint.Addresses[0]))
        {
            return;
        }
        var backend = new Backend(endpoint.Addresses[0], port, endpoint.NodeName == node.Name);
        var ready = endpoint.Conditions.Ready ?? true;
        var state = new EndpointState(
            backend, ready, endpoint.Conditions.Serving ?? ready, endpoint.Conditions.Terminating ?? false,
            [.. endpoint.Hints?.ForZones.Select(z => z.Name) ?? []], [.. endpoint.Hints?.ForNodes.Select(n => n.Name) ?? []]);
        // While an endpoint moves between slices it stands in both: the one that can take traffic counts.
        if (!found.TryGetValue(backend.ToString(), out var other) || (state.Ready && !other.Ready))
        {
            found[backend.ToString()] = state;
        }
    }
}
