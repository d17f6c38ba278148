using Kobune.Api.Discovery.V1;

namespace Kobune.Controllers.Endpoints;

/// <summary>Tells proxies for whom an endpoint is best, as the Service's trafficDistribution asks.</summary>
internal static class TopologyHints
{
    /// <summary>The hints, or null when there is no preference or nothing is known to prefer by.</summary>
    public static EndpointHints? For(string? distribution, string? node, string? zone)
    {
        var byNode = distribution == "PreferSameNode" && node is not null;
        var byZone = distribution is "PreferClose" or "PreferSameZone" or "PreferSameNode" && !string.IsNullOrEmpty(zone);
        return byNode || byZone
            ? new EndpointHints { ForNodes = byNode ? [new ForNode { Name = node! }] : [], ForZones = byZone ? [new ForZone { Name = zone! }] : [] }
            : null;
    }
}
