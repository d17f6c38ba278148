namespace Kobune.Cluster;

/// <summary>Where one node keeps its files. What outlives a reboot is under <see cref="Root"/>, everything else under <see cref="Run"/>.</summary>
/// <param name="Root">Images, volumes, logs and certificates.</param>
/// <param name="Run">Sockets, pid files, container state. Short: a socket's path has at most 107 bytes.</param>
/// <param name="Cgroup">The cgroup, below each controller's root, that holds the node's containers.</param>
internal sealed record NodePaths(string Root, string Run, string Cgroup)
{
    public string Pki => Path.Combine(Root, "node-pki");
    public string Log => Path.Combine(Root, "logs", "kobune.log");
    public string ContainerdLog => Path.Combine(Root, "logs", "containerd.log");

    public string ContainerdRoot => Path.Combine(Root, "containerd");
    public string ContainerdState => Path.Combine(Run, "containerd");
    public string ContainerdSocket => Path.Combine(Run, "containerd.sock");
    public string RegistryHosts => Path.Combine(Root, "registry");
    public string CniConf => Path.Combine(Root, "cni", "net.d");
    public string CniData => Path.Combine(Run, "cni");

    public string KubeletRoot => Path.Combine(Root, "kubelet");
    public string PodLogs { get => field ?? Path.Combine(Root, "logs", "pods"); init; }
    public string ContainerLogs { get => field ?? Path.Combine(Root, "logs", "containers"); init; }
    public string BuiltInImages => Path.Combine(Root, "images");

    public string PidFile => Path.Combine(Run, "kobune.pid");
    public string ProcessLock => Path.Combine(Run, "kobune.lock");
}
