using System.Net;
using Kobune.Network;

namespace Kobune.Tests.Network;

public class OverlayStateTests
{
    private static readonly PeerNode Second = new(IPAddress.Parse("10.89.0.3"), "10.244.1.0/24", "0a:6b:0a:59:00:03");
    private static readonly PeerNode Third = new(IPAddress.Parse("10.89.0.4"), "10.244.2.0/24", "0a:6b:0a:59:00:04");
    private static readonly OverlayState Nothing = OverlayState.Of(OverlayMode.Vxlan, "eth0", []);

    [Fact]
    public void A_node_that_comes_gets_a_forwarding_a_neighbour_and_a_route()
    {
        var wanted = OverlayState.Of(OverlayMode.Vxlan, "eth0", [Second]);
        Assert.Equal("fdb replace 0a:6b:0a:59:00:03 dev flannel.1 dst 10.89.0.3 self permanent\n", Nothing.BridgeCommandsTo(wanted));
        Assert.Equal(
            "neigh replace 10.244.1.0 lladdr 0a:6b:0a:59:00:03 dev flannel.1 nud permanent\nroute replace 10.244.1.0/24 via 10.244.1.0 dev flannel.1 onlink\n",
            Nothing.IpCommandsTo(wanted));
    }

    [Fact]
    public void A_node_that_goes_takes_all_three_along_and_others_stay()
    {
        var before = OverlayState.Of(OverlayMode.Vxlan, "eth0", [Second, Third]);
        var after = OverlayState.Of(OverlayMode.Vxlan, "eth0", [Third]);
        Assert.Equal("fdb del 0a:6b:0a:59:00:03 dev flannel.1 dst 10.89.0.3 self\n", before.BridgeCommandsTo(after));
        Assert.Equal("route del 10.244.1.0/24 via 10.244.1.0 dev flannel.1\nneigh del 10.244.1.0 dev flannel.1\n", before.IpCommandsTo(after));
    }

    [Fact]
    public void What_is_as_wanted_needs_no_command()
    {
        var state = OverlayState.Of(OverlayMode.Vxlan, "eth0", [Second, Third]);
        Assert.Empty(state.IpCommandsTo(OverlayState.Of(OverlayMode.Vxlan, "eth0", [Third, Second])));
        Assert.Empty(state.BridgeCommandsTo(OverlayState.Of(OverlayMode.Vxlan, "eth0", [Third, Second])));
    }

    [Fact]
    public void A_range_that_moves_to_another_node_goes_before_it_comes()
    {
        var before = OverlayState.Of(OverlayMode.HostGateway, "eth0", [Second]);
        var after = OverlayState.Of(OverlayMode.HostGateway, "eth0", [Second with { Address = Third.Address }]);
        Assert.Equal("route del 10.244.1.0/24 via 10.89.0.3 dev eth0\nroute replace 10.244.1.0/24 via 10.89.0.4 dev eth0 onlink\n", before.IpCommandsTo(after));
    }

    [Fact]
    public void A_node_without_a_tunnel_end_point_waits_but_needs_none_as_gateway()
    {
        var peer = Second with { VtepMac = null };
        Assert.Empty(OverlayState.Of(OverlayMode.Vxlan, "eth0", [peer]).Routes);
        Assert.Equal([new OverlayRoute("10.244.1.0/24", "10.89.0.3", "eth0")], OverlayState.Of(OverlayMode.HostGateway, "eth0", [peer]).Routes);
    }

    [Fact]
    public void A_tunnel_end_point_is_named_after_its_node() => Assert.Equal("0a:6b:0a:59:00:03", VxlanDevice.MacOf(Second.Address));

    [Fact]
    public void Only_what_leaves_the_cluster_is_masqueraded()
    {
        var settings = new NodeNetworkSettings("10.244.0.0/16", "10.96.0.0/16", OverlayMode.Vxlan) { NotMasqueraded = ["10.89.0.0/24"] };
        Assert.Contains("ip daddr != { 10.244.0.0/16, 10.96.0.0/16, 224.0.0.0/4, 10.89.0.0/24 } masquerade", NodeRules.Text(settings, "eth0"));
        Assert.Contains("oifname \"eth0\" ip daddr { 10.244.0.0/16, 10.96.0.0/16 } drop", NodeRules.Text(settings, "eth0"));
        Assert.DoesNotContain("masquerade", NodeRules.Text(settings with { Isolated = true }, "eth0"));
        Assert.Contains("oifname \"eth0\" ip daddr 10.96.0.0/16 drop", NodeRules.Text(settings with { Overlay = OverlayMode.HostGateway }, "eth0"));
    }
}
