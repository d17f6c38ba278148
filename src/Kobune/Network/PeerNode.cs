using System.Net;
using Kobune.Api.Core.V1;

namespace Kobune.Network;

/// <summary>A node as the others reach it.</summary>
/// <param name="Address">Its InternalIP.</param>
/// <param name="PodCidr">Its range of Pod addresses.</param>
/// <param name="VtepMac">Its tunnel end point; null while its agent has not said.</param>
internal sealed record PeerNode(IPAddress Address, string PodCidr, string? VtepMac)
{
    /// <summary>The first address of the range, which no Pod gets: the tunnel end point's.</summary>
    public string VtepAddress => PodCidr[..PodCidr.IndexOf('/', StringComparison.Ordinal)];

    /// <summary>Null while the node has no range or no address.</summary>
    public static PeerNode? From(Node node)
    {
        var address = node.Status.Addresses.FirstOrDefault(a => a.Type == "InternalIP")?.Address;
        return IPAddress.TryParse(address, out var parsed) && IPNetwork.TryParse(node.Spec.PodCIDR, out _)
            ? new PeerNode(parsed, node.Spec.PodCIDR, node.Metadata.Annotations.GetValueOrDefault(NodeAnnotations.VtepMac))
            : null;
    }
}
