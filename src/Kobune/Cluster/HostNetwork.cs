using Kobune.Hosting;

namespace Kobune.Cluster;

/// <summary>
/// What a cluster's nodes have in common on the host: a bridge (10.89.I.1) and routes to Pods and Services. Unless the
/// cluster is isolated, one nftables table masquerades what leaves the nodes for the outside; addresses of the cluster itself
/// never leave the machine.
/// </summary>
internal sealed class HostNetwork(ClusterConfig config)
{
    private readonly HostForwarding _forwarding = new(ClusterPaths.RunHome, config.Name);

    private string Table => $"kobune{config.Index}";

    /// <summary>Creates what is missing.</summary>
    public async Task EnsureAsync(CancellationToken cancellationToken)
    {
        if (!Directory.Exists($"/sys/class/net/{config.Bridge}"))
        {
            await HostProgram.RunAsync("ip", ["-batch", "-"], Commands(), cancellationToken);
        }
        if (config.Isolated)
        {
            return;
        }
        if ((await HostProgram.TryRunAsync("nft", ["list", "table", "inet", Table], null, cancellationToken)).ExitCode != 0)
        {
            await HostProgram.RunAsync("nft", ["-f", "-"], Rules(), cancellationToken);
        }
        _forwarding.Need();
    }

    /// <summary>
    /// Sends packets of the host to each node's own Pods straight to that node. By way of the first node they would take one
    /// path out and another one back, and its connection tracking would see half of each.
    /// </summary>
    /// <param name="ranges">Nodes and their Pod ranges.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    public Task RouteAsync(IEnumerable<(ClusterNode Node, string PodCidr)> ranges, CancellationToken cancellationToken)
    {
        var commands = ranges.Select(r => $"route replace {r.PodCidr} via {config.AddressOf(r.Node)} dev {config.Bridge} onlink\n");
        return HostProgram.RunAsync("ip", ["-batch", "-"], string.Concat(commands), cancellationToken);
    }

    /// <summary>Takes a removed node's route away; none is no error.</summary>
    public Task UnrouteAsync(ClusterNode node, CancellationToken cancellationToken) =>
        HostProgram.TryRunAsync("ip", ["route", "flush", "via", config.AddressOf(node), "dev", config.Bridge], null, cancellationToken);

    /// <summary>Removes all that <see cref="EnsureAsync"/> made; what is not there is no error.</summary>
    public async Task RemoveAsync(CancellationToken cancellationToken)
    {
        if (HostProgram.Find("nft") is not null)
        {
            await HostProgram.TryRunAsync("nft", ["delete", "table", "inet", Table], null, cancellationToken);
        }
        await HostProgram.TryRunAsync("ip", ["link", "delete", config.Bridge], null, cancellationToken);
        _forwarding.NeedNoMore();
    }

    private string Commands() => $"""
        link add {config.Bridge} type bridge
        addr add {config.HostAddress}/24 dev {config.Bridge}
        link set {config.Bridge} up
        route add {config.PodCidr} via {config.NodeAddress} dev {config.Bridge} onlink
        route add {config.ServiceCidr} via {config.NodeAddress} dev {config.Bridge} onlink
        route add {config.LoadBalancerCidr} via {config.NodeAddress} dev {config.Bridge} onlink

        """;

    private string Rules() => $$"""
        table inet {{Table}} {
          chain postrouting {
            type nat hook postrouting priority srcnat; policy accept;
            ip saddr {{config.NodeCidr}} oifname != "{{config.Bridge}}" masquerade
          }
          chain forward {
            type filter hook forward priority filter; policy accept;
            ip daddr { {{config.PodCidr}}, {{config.ServiceCidr}} } oifname != "{{config.Bridge}}" drop
          }
        }

        """;
}
