using Kobune.Cri.Containerd;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Kobune.Cluster;

/// <summary>A node's private containerd, as its cluster configures it.</summary>
internal static class ContainerRuntime
{
    /// <summary>The options of a node that has these folders, and is in the network namespace that this process is in.</summary>
    public static ContainerdOptions Options(NodePaths paths) => new()
    {
        Root = paths.ContainerdRoot,
        State = paths.ContainerdState,
        Socket = paths.ContainerdSocket,
        LogFile = paths.ContainerdLog,
        CniBinDir = Prerequisites.CniPlugins ?? "/usr/lib/cni",
        CniConfDir = paths.CniConf,
        RegistryConfigPath = paths.RegistryHosts,
    };

    /// <summary>The options of a local cluster's node, with the registry mirror written where containerd looks for it.</summary>
    public static ContainerdOptions Configure(ClusterPaths cluster, ClusterConfig config, ClusterNode node)
    {
        var paths = cluster.Node(node);
        Directory.CreateDirectory(paths.RegistryHosts);
        if (config.RegistryMirror is { } mirror)
        {
            RegistryHosts.WriteDefault(paths.RegistryHosts, new RegistryMirror(mirror.Replace("host.kobune.internal", config.HostAddress, StringComparison.Ordinal)));
        }
        return Options(paths) with { NetworkNamespace = config.NetworkNamespaceOf(node) };
    }

    public static ContainerdProcess Create(ClusterPaths paths, ClusterConfig config, ClusterNode node, TimeProvider time, ILoggerFactory loggers) =>
        new(Configure(paths, config, node), time, loggers.CreateLogger<ContainerdProcess>());

    /// <summary>Ends all the node's containers, then its containerd, and frees what they hold. Images stay.</summary>
    public static async Task StopAllAsync(ClusterPaths paths, ClusterConfig config, ClusterNode node, TimeProvider time, CancellationToken cancellationToken)
    {
        if (!Directory.Exists(paths.Node(node).ContainerdRoot))
        {
            return;
        }
        using var containerd = Create(paths, config, node, time, NullLoggerFactory.Instance);
        await containerd.DestroyAsync(cancellationToken, keepImages: true);
    }
}
