using System.Net;
using System.Security.Cryptography.X509Certificates;
using Kobune.Client;

namespace Kobune.Kubelet;

/// <summary>How one node runs. Paths are absolute; two kubelets on one machine must share none of the directories, ports or cgroups.</summary>
public sealed record KubeletOptions
{
    /// <summary>Name of the Node object.</summary>
    public required string NodeName { get; init; }

    /// <summary>Access to the API as system:node:NAME.</summary>
    public required IKubeClient Client { get; init; }

    /// <summary>The runtime's unix socket (CRI v1).</summary>
    public required string CriSocket { get; init; }

    /// <summary>Volumes and per-container files, as /var/lib/kubelet.</summary>
    public required string RootDirectory { get; init; }

    /// <summary>Where container logs are, as /var/log/pods.</summary>
    public required string PodLogDirectory { get; init; }

    /// <summary>Flat links to the logs, as /var/log/containers; null leaves them out.</summary>
    public string? ContainerLogLinkDirectory { get; init; }

    /// <summary>Addresses of the node, the primary one first.</summary>
    public required IReadOnlyList<IPAddress> NodeAddresses { get; init; }

    /// <summary>The value of kubernetes.io/hostname; the node's name when null.</summary>
    public string? HostName { get; init; }

    /// <summary>Further labels for the Node at registration.</summary>
    public IReadOnlyDictionary<string, string> NodeLabels { get; init; } = new Dictionary<string, string>();

    public string? ProviderId { get; init; }

    /// <summary>Address of the cluster's DNS service; null leaves Pods with the node's own resolver.</summary>
    public string? ClusterDns { get; init; }

    public string ClusterDomain { get; init; } = "cluster.local";

    /// <summary>The node's resolver configuration, for dnsPolicy Default.</summary>
    public string ResolvConf { get; init; } = "/etc/resolv.conf";

    /// <summary>Cgroup under which `kubepods` is made; "" is the root of the hierarchy.</summary>
    public string CgroupRoot { get; init; } = "";

    /// <summary>Sysctls that Pods may set beside the safe ones; a trailing * covers all that begin so.</summary>
    public IReadOnlyList<string> AllowedUnsafeSysctls { get; init; } = [];

    public int MaxPods { get; init; } = 110;

    /// <summary>Taken from capacity to give allocatable.</summary>
    public IReadOnlyDictionary<string, string> Reserved { get; init; } = new Dictionary<string, string>();

    /// <summary>Where the kubelet's HTTPS API listens; null serves none.</summary>
    public KubeletServerOptions? Server { get; init; }

    /// <summary>Image pulls that run at once; more wait for their turn.</summary>
    public int MaxParallelPulls { get; init; } = 4;

    public long ContainerLogMaxSize { get; init; } = 10 << 20;

    public int ContainerLogMaxFiles { get; init; } = 5;

    /// <summary>When the node runs out of something, and what it does then.</summary>
    public EvictionOptions Eviction { get; init; } = new();

    /// <summary>How often the runtime is listed in case an event was lost.</summary>
    public TimeSpan RelistPeriod { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>False where the process may not lower an oom_score_adj: then only values of 0 and above are asked for.</summary>
    public bool? MayLowerOomScore { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;

    public Random Random { get; init; } = new();
}

/// <summary>Thresholds of hard eviction and image collection; the defaults are upstream's. Shares are of the whole, 0 switches a signal off.</summary>
public sealed record EvictionOptions
{
    /// <summary>How often the node and the Pods with limits are measured.</summary>
    public TimeSpan Period { get; init; } = TimeSpan.FromSeconds(10);

    public long MemoryAvailable { get; init; } = 100L << 20;

    public double NodeFsAvailable { get; init; } = 0.10;

    public double NodeFsInodesFree { get; init; } = 0.05;

    /// <summary>Share of the process ids that are free.</summary>
    public double PidAvailable { get; init; } = 0.10;

    /// <summary>How long a pressure is still shown, and Pods kept away, when its signal is gone.</summary>
    public TimeSpan TransitionPeriod { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Share of the disk in use at which unused images go.</summary>
    public double ImageGcHigh { get; init; } = 0.85;

    /// <summary>Share of the disk in use at which that ends.</summary>
    public double ImageGcLow { get; init; } = 0.80;

    /// <summary>Unused images younger than this stay.</summary>
    public TimeSpan ImageMinimumAge { get; init; } = TimeSpan.FromMinutes(2);
}

/// <summary>The kubelet's HTTPS endpoint.</summary>
public sealed record KubeletServerOptions
{
    public IPAddress Address { get; init; } = IPAddress.Any;

    /// <summary>0 takes a free one; see <see cref="Kubelet.ServerPort"/>.</summary>
    public int Port { get; init; } = 10250;

    public required X509Certificate2 Certificate { get; init; }

    /// <summary>Where the certificate is renewed while the server runs: gives the one to show now. Null serves <see cref="Certificate"/> for ever.</summary>
    public Func<X509Certificate2>? CurrentCertificate { get; init; }

    /// <summary>Authorities whose client certificates identify callers.</summary>
    public required X509Certificate2Collection ClientAuthorities { get; init; }
}
