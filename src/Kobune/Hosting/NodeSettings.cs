using System.Net;
using System.Security.Cryptography.X509Certificates;
using Kobune.Cluster;
using Kobune.Cri.Containerd;
using Kobune.Network;

namespace Kobune.Hosting;

/// <summary>One node of a cluster: its name and address, its folders, its container runtime, its network and its identity.</summary>
internal sealed record NodeSettings(string Name, IPAddress Address, NodePaths Paths, ContainerdOptions Runtime, NodeNetworkSettings Network)
{
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>What the kubelet serves with at the moment; it is renewed while the node runs.</summary>
    public required Func<X509Certificate2> Certificate { get; init; }

    /// <summary>Whose client certificates the kubelet accepts.</summary>
    public required X509Certificate2 ClientAuthority { get; init; }
}
