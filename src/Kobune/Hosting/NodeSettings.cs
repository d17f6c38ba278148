using System.Net;
using System.Security.Cryptography.X509Certificates;
using Kobune.Cri.Containerd;
using Kobune.Proxy;

namespace Kobune.Hosting;

/// <summary>One node of a cluster: its name and address, its container runtime, its folders and its identity.</summary>
internal sealed record NodeSettings(string Name, IPAddress Address, ContainerdOptions Runtime)
{
    public required string KubeletRoot { get; init; }
    public required string PodLogs { get; init; }
    public required string ContainerLogs { get; init; }
    public required string ImageWork { get; init; }
    public required string CniConf { get; init; }
    public required string CniData { get; init; }
    public string CgroupRoot { get; init; } = "";
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>How Services come into the kernel.</summary>
    public ProxyMode ProxyMode { get; init; } = ProxyMode.Nftables;

    /// <summary>The range of ClusterIPs, when it is known.</summary>
    public string ServiceCidr { get; init; } = "";

    /// <summary>What the kubelet serves with.</summary>
    public required X509Certificate2 Certificate { get; init; }

    /// <summary>Whose client certificates the kubelet accepts.</summary>
    public required X509Certificate2 ClientAuthority { get; init; }
}
