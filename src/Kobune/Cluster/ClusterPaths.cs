namespace Kobune.Cluster;

/// <summary>Where one local cluster keeps its files. Everything durable is under <see cref="Root"/>, everything else under <see cref="Run"/>.</summary>
internal sealed class ClusterPaths(string name)
{
    /// <summary>The folder of all clusters; KOBUNE_HOME moves it.</summary>
    public static string Home { get; } = Environment.GetEnvironmentVariable("KOBUNE_HOME") ?? "/var/lib/kobune";

    /// <summary>The folder of all that does not outlive a reboot: sockets, pid files, container state.</summary>
    public static string RunHome { get; } = Environment.GetEnvironmentVariable("KOBUNE_RUN") ?? "/run/kobune";

    public string Name { get; } = name;
    public string Root { get; } = Path.Combine(Home, name);
    public string Run { get; } = Path.Combine(RunHome, name);

    public string Config => Path.Combine(Root, "cluster.json");
    public string Pki => Path.Combine(Root, "pki");
    public string Database => Path.Combine(Root, "state.db");
    public string AdminKubeconfig => Path.Combine(Root, "admin.kubeconfig");
    /// <summary>The context that was current in the user's kubeconfig before up made the cluster's the current one.</summary>
    public string ContextBefore => Path.Combine(Root, "context-before");
    public string DaemonLog => Path.Combine(Root, "logs", "kobune.log");
    public string ContainerdLog => Path.Combine(Root, "logs", "containerd.log");

    public string ContainerdRoot => Path.Combine(Root, "containerd");
    public string ContainerdState => Path.Combine(Run, "containerd");
    public string ContainerdSocket => Path.Combine(Run, "containerd.sock");
    public string RegistryHosts => Path.Combine(Root, "registry");
    public string CniConf => Path.Combine(Root, "cni", "net.d");
    public string CniData => Path.Combine(Run, "cni");

    public string KubeletRoot => Path.Combine(Root, "kubelet");
    public string PodLogs => Path.Combine(Root, "logs", "pods");
    public string ContainerLogs => Path.Combine(Root, "logs", "containers");
    /// <summary>nginx of the ingress addon: configuration, certificates, pid file, log.</summary>
    public string Ingress => Path.Combine(Root, "ingress");
    public string BuiltInImages => Path.Combine(Root, "images");

    public string PidFile => Path.Combine(Run, "kobune.pid");
    public string ProcessLock => Path.Combine(Run, "kobune.lock");

    /// <summary>The cgroup, below each controller's root, that holds the cluster's containers and processes.</summary>
    public string Cgroup => $"/kobune-{Name}";

    /// <summary>The clusters that exist on this machine, by name.</summary>
    public static IReadOnlyList<string> ExistingClusters() => !Directory.Exists(Home)
        ? []
        : [.. Directory.EnumerateFiles(Home, "cluster.json", new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 1 })
            .Select(f => Path.GetFileName(Path.GetDirectoryName(f)!)).Order(StringComparer.Ordinal)];
}
