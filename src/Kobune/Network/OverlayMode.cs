namespace Kobune.Network;

/// <summary>How packets come from a Pod of one node to a Pod of another.</summary>
internal enum OverlayMode
{
    /// <summary>In UDP packets between the nodes (RFC 7348): works wherever nodes reach each other.</summary>
    Vxlan,

    /// <summary>By routes to the other nodes as gateways: faster, but the nodes have to share a link.</summary>
    HostGateway,
}

internal static class OverlayModes
{
    /// <summary>The names of the modes as options and cluster settings spell them.</summary>
    public static readonly IReadOnlyList<string> Names = ["vxlan", "host-gw"];

    public static string Name(this OverlayMode mode) => Names[(int)mode];

    /// <returns>Null: there is no such mode.</returns>
    public static OverlayMode? Parse(string name) => name switch
    {
        "vxlan" => OverlayMode.Vxlan,
        "host-gw" => OverlayMode.HostGateway,
        _ => null,
    };
}
