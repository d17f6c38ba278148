using Kobune.Hosting;

namespace Kobune.Cluster;

/// <summary>
/// The network namespace that the node lives in, and its link to the host: a bridge on the host (10.89.I.1), the node's
/// eth0 (10.89.I.2), and routes on the host to the cluster's Pods and Services. Unless the cluster is isolated, one nftables
/// table on the host masquerades what leaves the node for the outside; addresses of the cluster itself never leave the machine.
/// </summary>
internal sealed class NodeNetwork(ClusterConfig config)
{
    private const string Forwarding = "/proc/sys/net/ipv4/ip_forward";

    private string Link => $"{config.Bridge}n0";
    private string Table => $"kobune{config.Index}";

    /// <summary>True when namespace and link stand already.</summary>
    public bool Exists => File.Exists($"/run/netns/{config.NetworkNamespace}") && Directory.Exists($"/sys/class/net/{Link}");

    /// <summary>Creates what is missing. The state that has to be put back is written to <paramref name="paths"/>.Run first.</summary>
    public async Task EnsureAsync(ClusterPaths paths, CancellationToken cancellationToken)
    {
        if (!Exists)
        {
            await RemoveAsync(paths, cancellationToken);
            await HostProgram.RunAsync("ip", ["netns", "add", config.NetworkNamespace], null, cancellationToken);
            await HostProgram.RunAsync("ip", ["-batch", "-"], HostCommands(), cancellationToken);
            await HostProgram.RunAsync("ip", ["-n", config.NetworkNamespace, "-batch", "-"], NodeCommands(), cancellationToken);
            await HostProgram.RunAsync("nsenter", [$"--net=/run/netns/{config.NetworkNamespace}", "nft", "-f", "-"], NodeRules(), cancellationToken);
        }
        if (!config.Isolated)
        {
            await EnsureMasqueradeAsync(paths, cancellationToken);
        }
    }

    /// <summary>Removes all that <see cref="EnsureAsync"/> made; what is not there is no error.</summary>
    public async Task RemoveAsync(ClusterPaths paths, CancellationToken cancellationToken)
    {
        if (HostProgram.Find("nft") is not null)
        {
            await HostProgram.TryRunAsync("nft", ["delete", "table", "inet", Table], null, cancellationToken);
        }
        await HostProgram.TryRunAsync("ip", ["link", "delete", Link], null, cancellationToken);
        await HostProgram.TryRunAsync("ip", ["link", "delete", config.Bridge], null, cancellationToken);
        if (File.Exists($"/run/netns/{config.NetworkNamespace}"))
        {
            await HostProgram.TryRunAsync("ip", ["netns", "delete", config.NetworkNamespace], null, cancellationToken);
        }
        var saved = SavedForwarding(paths);
        if (File.Exists(saved))
        {
            await File.WriteAllTextAsync(Forwarding, await File.ReadAllTextAsync(saved, cancellationToken), cancellationToken);
            File.Delete(saved);
        }
    }

    private static string SavedForwarding(ClusterPaths paths) => Path.Combine(paths.Run, "ip_forward");

    private string HostCommands() => $"""
        link add {config.Bridge} type bridge
        addr add {config.HostAddress}/24 dev {config.Bridge}
        link set {config.Bridge} up
        link add {Link} type veth peer name eth0 netns {config.NetworkNamespace}
        link set {Link} master {config.Bridge} up
        route add {config.PodCidr} via {config.NodeAddress} dev {config.Bridge} onlink
        route add {config.ServiceCidr} via {config.NodeAddress} dev {config.Bridge} onlink
        route add {config.LoadBalancerCidr} via {config.NodeAddress} dev {config.Bridge} onlink

        """;

    // Addresses of the cluster that nobody has are unreachable: without these routes they would follow the default
    // route, out of the machine. The bridge of the node's own Pods has a longer prefix and wins. ClusterIPs need a route, though
    // nothing ever follows it: without one the kernel gives up before kube-proxy's rules see the packet.
    private string NodeCommands() => $"""
        link set lo up
        addr add {config.NodeAddress}/24 dev eth0
        link set eth0 up
        route add unreachable {config.PodCidr}
        route add {config.ServiceCidr} via {config.HostAddress}
        {(config.Isolated ? "" : $"route add default via {config.HostAddress}")}

        """;

    private string NodeRules() => $$"""
        table ip kobune {
          chain postrouting {
            type nat hook postrouting priority srcnat; policy accept;
            ip saddr {{config.PodCidr}} ip daddr != { {{config.PodCidr}}, {{config.ServiceCidr}}, {{config.NodeCidr}} } masquerade
          }
          chain output-guard {
            type filter hook postrouting priority filter; policy accept;
            oifname "eth0" ip daddr { {{config.PodCidr}}, {{config.ServiceCidr}} } drop
          }
        }

        """;

    private string HostRules() => $$"""
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

    private async Task EnsureMasqueradeAsync(ClusterPaths paths, CancellationToken cancellationToken)
    {
        var rules = await HostProgram.TryRunAsync("nft", ["list", "table", "inet", Table], null, cancellationToken);
        if (rules.ExitCode != 0)
        {
            await HostProgram.RunAsync("nft", ["-f", "-"], HostRules(), cancellationToken);
        }
        var forwarding = await File.ReadAllTextAsync(Forwarding, cancellationToken);
        if (forwarding.Trim() == "0")
        {
            Directory.CreateDirectory(paths.Run);
            await File.WriteAllTextAsync(SavedForwarding(paths), forwarding, cancellationToken);
            await File.WriteAllTextAsync(Forwarding, "1\n", cancellationToken);
        }
    }
}
