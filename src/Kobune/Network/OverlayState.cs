namespace Kobune.Network;

/// <summary>
/// What the kernel knows of the other nodes' Pods: routes to their ranges, the Ethernet addresses of their tunnel end points,
/// and the nodes behind these.
/// </summary>
internal sealed record OverlayState(
    IReadOnlySet<OverlayRoute> Routes, IReadOnlySet<OverlayNeighbour> Neighbours, IReadOnlySet<OverlayForwarding> Forwardings)
{
    /// <summary>What it should know, given the other nodes.</summary>
    /// <param name="mode">How they are reached.</param>
    /// <param name="link">The interface that the other nodes are behind.</param>
    /// <param name="peers">The other nodes. Those that are not complete are left out until they are.</param>
    public static OverlayState Of(OverlayMode mode, string link, IEnumerable<PeerNode> peers)
    {
        var known = peers.Where(p => mode == OverlayMode.HostGateway || p.VtepMac is not null).ToList();
        return mode == OverlayMode.HostGateway
            ? new OverlayState(known.Select(p => new OverlayRoute(p.PodCidr, p.Address.ToString(), link)).ToHashSet(), Set<OverlayNeighbour>(), Set<OverlayForwarding>())
            : new OverlayState(
                known.Select(p => new OverlayRoute(p.PodCidr, p.VtepAddress, VxlanDevice.Name)).ToHashSet(),
                known.Select(p => new OverlayNeighbour(p.VtepAddress, p.VtepMac!)).ToHashSet(),
                known.Select(p => new OverlayForwarding(p.VtepMac!, p.Address.ToString())).ToHashSet());
    }

    private static HashSet<T> Set<T>() => [];

    /// <summary>The lines for ip -batch that lead from this state to the other. What goes, goes first: it may be in the way.</summary>
    public string IpCommandsTo(OverlayState wanted) => Lines(
        [
            .. Routes.Except(wanted.Routes).Select(r => $"route del {r.Destination} via {r.Gateway} dev {r.Device}"),
            .. Neighbours.Except(wanted.Neighbours).Select(n => $"neigh del {n.Address} dev {VxlanDevice.Name}"),
            .. wanted.Neighbours.Except(Neighbours).Select(n => $"neigh replace {n.Address} lladdr {n.Mac} dev {VxlanDevice.Name} nud permanent"),
            .. wanted.Routes.Except(Routes).Select(r => $"route replace {r.Destination} via {r.Gateway} dev {r.Device} onlink"),
        ]);

    /// <summary>The lines for bridge -batch that lead from this state to the other.</summary>
    public string BridgeCommandsTo(OverlayState wanted) => Lines(
        [
            .. Forwardings.Except(wanted.Forwardings).Select(f => $"fdb del {f.Mac} dev {VxlanDevice.Name} dst {f.Node} self"),
            .. wanted.Forwardings.Except(Forwardings).Select(f => $"fdb replace {f.Mac} dev {VxlanDevice.Name} dst {f.Node} self permanent"),
        ]);

    private static string Lines(IEnumerable<string> lines) => string.Concat(lines.Select(l => l + "\n"));
}

/// <summary>A route to one node's Pods.</summary>
internal sealed record OverlayRoute(string Destination, string Gateway, string Device);

/// <summary>The Ethernet address of a tunnel end point (what ARP would ask for).</summary>
internal sealed record OverlayNeighbour(string Address, string Mac);

/// <summary>The node behind a tunnel end point (the VXLAN device's forwarding database).</summary>
internal sealed record OverlayForwarding(string Mac, string Node);
