using Kobune.Proxy.Nftables;

namespace Kobune.Proxy.NetworkPolicies;

/// <summary>
/// The table of NetworkPolicies. Only what is forwarded is looked at: traffic between a node and its own Pods — probes — is
/// always allowed. What once was allowed goes on.
/// </summary>
internal static class PolicyTable
{
    public const string Name = "kobune-network-policy";
    public const string IngressPods = "ingress-pods";
    public const string EgressPods = "egress-pods";
    public const string Loopback = "loopback";

    // After kube-proxy's translation, so that endpoints are seen and not ClusterIPs.
    private const string Skeleton = """
        add table TABLE { comment "NetworkPolicies" ; }
        add map TABLE ingress-pods { type ipv4_addr : verdict ; comment "Pods of this node whose incoming traffic is restricted" ; }
        add map TABLE egress-pods { type ipv4_addr : verdict ; comment "Pods of this node whose outgoing traffic is restricted" ; }
        add set TABLE loopback { type ipv4_addr . ipv4_addr ; comment "A Pod may always reach itself" ; }
        add chain TABLE forward { type filter hook forward priority filter + 10 ; }
        add rule TABLE forward ct state established,related accept
        add rule TABLE forward ip saddr . ip daddr @loopback accept
        add rule TABLE forward ip saddr vmap @egress-pods
        add rule TABLE forward ip daddr vmap @ingress-pods

        """;

    public static NftTable New() => new("ip", Name, Skeleton);
}
