using Kobune.Proxy;

namespace Kobune.Network;

/// <summary>What a node has to know of its cluster's network.</summary>
/// <param name="PodCidr">The range of all Pods.</param>
/// <param name="ServiceCidr">The range of all Services.</param>
/// <param name="Overlay">How Pods of other nodes are reached.</param>
internal sealed record NodeNetworkSettings(string PodCidr, string ServiceCidr, OverlayMode Overlay)
{
    /// <summary>How Services come into the kernel.</summary>
    public ProxyMode ProxyMode { get; init; } = ProxyMode.Nftables;

    /// <summary>There is no outside: nothing is masqueraded.</summary>
    public bool Isolated { get; init; }

    /// <summary>Ranges beside Pods and Services whose hosts know the way to Pods, and see their true addresses.</summary>
    public IReadOnlyList<string> NotMasqueraded { get; init; } = [];
}
