namespace Kobune.Network;

/// <summary>What a node's agent tells the agents of the other nodes by annotations of its Node.</summary>
internal static class NodeAnnotations
{
    /// <summary>The Ethernet address of the node's VXLAN tunnel end point (RFC 7348 section 3).</summary>
    public const string VtepMac = "network.kobune.dev/vtep-mac";
}
