using Kobune.Cri.Containerd;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Kobune.Cluster;

/// <summary>The node's private containerd, as this cluster configures it.</summary>
internal static class ContainerRuntime
{
    private static ContainerdOptions Options(ClusterPaths paths, ClusterConfig config) => new()
    {
        Root = paths.ContainerdRoot,
        State = paths.ContainerdState,
        Socket = paths.ContainerdSocket,
        LogFile = paths.ContainerdLog,
        CniBinDir = Prerequisites.CniPlugins ?? "/usr/lib/cni",
        CniConfDir = paths.CniConf,
        RegistryConfigPath = paths.RegistryHosts,
        NetworkNamespace = config.NetworkNamespace,
    };

    /// <summary>The options, with the registry mirror written where containerd looks for it.</summary>
    public static ContainerdOptions Configure(ClusterPaths paths, ClusterConfig config)
    {
        Directory.CreateDirectory(paths.RegistryHosts);
        if (config.RegistryMirror is { } mirror)
        {
            RegistryHosts.WriteDefault(paths.RegistryHosts, new RegistryMirror(mirror.Replace("host.kobune.internal", config.HostAddress, StringComparison.Ordinal)));
        }
        return Options(paths, config);
    }

    public static ContainerdProcess Create(ClusterPaths paths, ClusterConfig config, TimeProvider time, ILoggerFactory loggers) =>
        new(Configure(paths, config), time, loggers.CreateLogger<ContainerdProcess>());

    /// <summary>Ends all containers, then containerd, and frees what they hold. Images stay.</summary>
    public static async Task StopAllAsync(ClusterPaths paths, ClusterConfig config, TimeProvider time, CancellationToken cancellationToken)
    {
        if (!Directory.Exists(paths.ContainerdRoot))
        {
            return;
        }
        using var containerd = Create(paths, config, time, NullLoggerFactory.Instance);
        await containerd.DestroyAsync(cancellationToken, keepImages: true);
    }
}
