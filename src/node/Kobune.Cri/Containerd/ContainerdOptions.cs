namespace Kobune.Cri.Containerd;

/// <summary>Where and how a private containerd runs. Paths are absolute; two nodes on one machine must share none of them.</summary>
public sealed record ContainerdOptions
{
    /// <summary>Persistent data: images, snapshots, metadata.</summary>
    public required string Root { get; init; }

    /// <summary>Run-time data: tasks, rootfs mounts, network namespaces. Should be on tmpfs.</summary>
    public required string State { get; init; }

    /// <summary>The daemon's socket; at most 107 bytes. Default: containerd.sock in <see cref="State"/>.</summary>
    public string Socket { get => field ?? Path.Combine(State, "containerd.sock"); init; }

    /// <summary>Where the daemon writes what it has to say.</summary>
    public string LogFile { get => field ?? Path.Combine(Root, "containerd.log"); init; }

    /// <summary>The generated config.toml.</summary>
    public string ConfigFile { get => field ?? Path.Combine(State, "config.toml"); init; }

    /// <summary>Looked up in PATH unless absolute.</summary>
    public string ContainerdBinary { get; init; } = "containerd";

    public string RuncBinary { get; init; } = "runc";

    public string CtrBinary { get; init; } = "ctr";

    /// <summary>The image of the process that holds a sandbox's namespaces; imported, never pulled.</summary>
    public string SandboxImage { get; init; } = Images.BuiltInImages.Pause;

    public string CniBinDir { get; init; } = "/usr/lib/cni";

    public required string CniConfDir { get; init; }

    /// <summary>Directory with one folder per registry host that holds a hosts.toml; see <see cref="RegistryHosts"/>.</summary>
    public string? RegistryConfigPath { get; init; }

    public int MaxConcurrentDownloads { get; init; } = 3;

    /// <summary>
    /// How often the disk use of every snapshot is measured, by walking it. containerd's habit of ten seconds is a good
    /// part of a full node's idle load.
    /// </summary>
    public TimeSpan StatsCollectPeriod { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Where exec, attach and port-forward are served; the port is chosen by the system.</summary>
    public string StreamServerAddress { get; init; } = "127.0.0.1";

    /// <summary>Null asks the kernel: processes without CAP_SYS_RESOURCE cannot lower an oom_score_adj.</summary>
    public bool? RestrictOomScoreAdj { get; init; }

    /// <summary>The daemon's own oom_score_adj, applied only where it may be lowered.</summary>
    public int OomScore { get; init; } = -999;

    /// <summary>Name of a network namespace under /run/netns in which the daemon runs; null is the host's.</summary>
    public string? NetworkNamespace { get; init; }

    /// <summary>How long the daemon may take to answer after its start.</summary>
    public TimeSpan StartTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Added to the daemon's environment.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();
}
