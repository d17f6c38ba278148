using Kobune.Hosting;

namespace Kobune.Network;

/// <summary>
/// What every node does with packets of its cluster: those of Pods to the outside leave under the node's address, those to
/// cluster addresses that nobody has go nowhere.
/// </summary>
internal static class NodeRules
{
    /// <summary>Sets them up, or again, in the network namespace that this process is in.</summary>
    /// <param name="settings">The cluster's ranges.</param>
    /// <param name="link">The interface that leads to other nodes and to the outside.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    public static async Task EnsureAsync(NodeNetworkSettings settings, string link, CancellationToken cancellationToken)
    {
        // Without this route, addresses of no Pod would follow the default route, out of the machine. The nodes' own ranges
        // have longer prefixes and win.
        await HostProgram.RunAsync("ip", ["route", "replace", "unreachable", settings.PodCidr], null, cancellationToken);
        await HostProgram.RunAsync("nft", ["-f", "-"], Text(settings, link), cancellationToken);
    }

    // Where the other nodes are gateways, packets to their Pods leave by the link as they are; the route above guards the rest.
    private static string Guarded(NodeNetworkSettings settings) =>
        settings.Overlay == OverlayMode.HostGateway ? settings.ServiceCidr : $"{{ {settings.PodCidr}, {settings.ServiceCidr} }}";

    private static string Masquerade(NodeNetworkSettings settings) => settings.Isolated ? "" : $$"""
          chain postrouting {
            type nat hook postrouting priority srcnat; policy accept;
            ip saddr {{settings.PodCidr}} ip daddr != { {{string.Join(", ", [settings.PodCidr, settings.ServiceCidr, "224.0.0.0/4", .. settings.NotMasqueraded])}} } masquerade
          }
        """;

    internal static string Text(NodeNetworkSettings settings, string link) => $$"""
        table ip kobune
        delete table ip kobune
        table ip kobune {
        {{Masquerade(settings)}}
          chain output-guard {
            type filter hook postrouting priority filter; policy accept;
            oifname "{{link}}" ip daddr {{Guarded(settings)}} drop
          }
        }

        """;
}
