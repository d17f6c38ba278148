using Kobune.Api.Core.V1;
using Kobune.Api.Discovery.V1;

namespace Kobune.Controllers.Endpoints;

/// <summary>For whom an endpoint is best, by the Service's trafficDistribution: for those in its zone, or on its node.</summary>
internal static class TrafficHints
{
    public static EndpointHints? For(Service service, string node, string? zone)
    {
        var byNode = service.Spec.TrafficDistribution == "PreferSameNode" && node.Length > 0;
        var byZone = zone is not null && service.Spec.TrafficDistribution is "PreferClose" or "PreferSameZone" or "PreferSameNode";
        return !byNode && !byZone ? null : new EndpointHints
        {
            ForZones = byZone && zone is not null ? [new ForZone { Name = zone }] : [],
            ForNodes = byNode ? [new ForNode { Name = node }] : [],
        };
    }
}
