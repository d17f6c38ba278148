using Kobune.Hosting;

namespace Kobune.Cluster;

/// <summary>
/// The network namespace that a node lives in, and its link to the host: the node's eth0 (10.89.I.N), the other end of which
/// is a port of the cluster's bridge.
/// </summary>
internal sealed class NodeNetwork(ClusterConfig config, ClusterNode node)
{
    private string Namespace => config.NetworkNamespaceOf(node);
    private string Link => $"{config.Bridge}n{node.Number - 1}";

    /// <summary>True when namespace and link stand already.</summary>
    public bool Exists => File.Exists($"/run/netns/{Namespace}") && Directory.Exists($"/sys/class/net/{Link}");

    /// <summary>Creates what is missing; the bridge is there.</summary>
    public async Task EnsureAsync(CancellationToken cancellationToken)
    {
        if (!Exists)
        {
            await RemoveAsync(cancellationToken);
            await HostProgram.RunAsync("ip", ["netns", "add", Namespace], null, cancellationToken);
            await HostProgram.RunAsync("ip", ["-batch", "-"], HostCommands(), cancellationToken);
            await HostProgram.RunAsync("ip", ["-n", Namespace, "-batch", "-"], NodeCommands(), cancellationToken);
        }
    }

    /// <summary>Removes all that <see cref="EnsureAsync"/> made, and with it whatever the node has in it; what is not there is no error.</summary>
    public async Task RemoveAsync(CancellationToken cancellationToken)
    {
        if (Directory.Exists($"/sys/class/net/{Link}"))
        {
            await HostProgram.TryRunAsync("ip", ["link", "delete", Link], null, cancellationToken);
        }
        if (File.Exists($"/run/netns/{Namespace}"))
        {
            await HostProgram.TryRunAsync("ip", ["netns", "delete", Namespace], null, cancellationToken);
        }
    }

    private string HostCommands() => $"""
        link add {Link} type veth peer name eth0 netns {Namespace}
        link set {Link} master {config.Bridge} up

        """;

    // ClusterIPs need a route, though nothing ever follows it: without one the kernel gives up before kube-proxy's rules see the
    // packet.
    private string NodeCommands() => $"""
        link set lo up
        addr add {config.AddressOf(node)}/24 dev eth0
        link set eth0 up
        route add {config.ServiceCidr} via {config.HostAddress}
        {(config.Isolated ? "" : $"route add default via {config.HostAddress}")}

        """;
}
