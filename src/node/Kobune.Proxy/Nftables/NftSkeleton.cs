namespace Kobune.Proxy.Nftables;

/// <summary>The part of the table that does not depend on Services: base chains, and the maps that packets are looked up in.</summary>
internal static class NftSkeleton
{
    /// <param name="serviceCidr">The range of ClusterIPs, or empty: addresses of it that nobody has are refused at once.</param>
    public static string Of(string serviceCidr) => """
        add table TABLE { comment "rules for kube-proxy" ; }
        add set TABLE cluster-ips { type ipv4_addr ; comment "Active ClusterIPs" ; }
        add set TABLE nodeport-ips { type ipv4_addr ; comment "IPs that accept NodePort traffic" ; }
        add set TABLE hairpin-connections { type ipv4_addr . ipv4_addr ; comment "Endpoints that reach themselves through a Service" ; }
        add map TABLE service-ips { type ipv4_addr . inet_proto . inet_service : verdict ; comment "ClusterIP, ExternalIP and LoadBalancer IP traffic" ; }
        add map TABLE service-nodeports { type inet_proto . inet_service : verdict ; comment "NodePort traffic" ; }
        add map TABLE no-endpoint-services { type ipv4_addr . inet_proto . inet_service : verdict ; comment "vmap to drop or reject packets to services with no endpoints" ; }
        add map TABLE no-endpoint-nodeports { type inet_proto . inet_service : verdict ; comment "vmap to drop or reject packets to service nodeports with no endpoints" ; }
        add map TABLE firewall-ips { type ipv4_addr . inet_proto . inet_service : verdict ; comment "destinations that are subject to LoadBalancerSourceRanges" ; }

        add chain TABLE mark-for-masquerade
        add rule TABLE mark-for-masquerade mark set mark or 0x4000
        add chain TABLE masquerading
        add rule TABLE masquerading ct status dnat ip saddr . ip daddr @hairpin-connections masquerade fully-random comment "hairpin"
        add rule TABLE masquerading mark and 0x4000 == 0 return
        add rule TABLE masquerading mark set mark xor 0x4000
        add rule TABLE masquerading masquerade fully-random
        add chain TABLE reject-chain { comment "helper for @no-endpoint-services / @no-endpoint-nodeports" ; }
        add rule TABLE reject-chain reject

        add chain TABLE services
        add rule TABLE services ip daddr . meta l4proto . th dport vmap @service-ips
        add rule TABLE services ip daddr @nodeport-ips meta l4proto . th dport vmap @service-nodeports
        add chain TABLE service-endpoints-check
        add rule TABLE service-endpoints-check ip daddr . meta l4proto . th dport vmap @no-endpoint-services
        add chain TABLE nodeport-endpoints-check
        add rule TABLE nodeport-endpoints-check ip daddr @nodeport-ips meta l4proto . th dport vmap @no-endpoint-nodeports
        add chain TABLE firewall-check
        add rule TABLE firewall-check ip daddr . meta l4proto . th dport vmap @firewall-ips
        add chain TABLE cluster-ips-check
        add rule TABLE cluster-ips-check ip daddr @cluster-ips reject comment "Reject traffic to invalid ports of ClusterIPs"

        """ + (serviceCidr.Length == 0 ? "" : $"add rule TABLE cluster-ips-check ip daddr {serviceCidr} reject comment \"Reject traffic to unallocated ClusterIPs\"\n") + """

        add chain TABLE nat-prerouting { type nat hook prerouting priority dstnat ; }
        add rule TABLE nat-prerouting jump services
        add chain TABLE nat-output { type nat hook output priority -100 ; }
        add rule TABLE nat-output jump services
        add chain TABLE nat-postrouting { type nat hook postrouting priority srcnat ; }
        add rule TABLE nat-postrouting jump masquerading
        add chain TABLE filter-prerouting { type filter hook prerouting priority dstnat - 10 ; }
        add rule TABLE filter-prerouting ct state new jump firewall-check
        add chain TABLE filter-input { type filter hook input priority filter ; }
        add rule TABLE filter-input ct state new jump nodeport-endpoints-check
        add rule TABLE filter-input ct state new jump service-endpoints-check
        add chain TABLE filter-forward { type filter hook forward priority filter ; }
        add rule TABLE filter-forward ct state new jump service-endpoints-check
        add rule TABLE filter-forward ct state new jump cluster-ips-check
        add chain TABLE filter-output { type filter hook output priority -110 ; }
        add rule TABLE filter-output ct state new jump service-endpoints-check
        add rule TABLE filter-output ct state new jump firewall-check
        add chain TABLE filter-output-post-dnat { type filter hook output priority -90 ; }
        add rule TABLE filter-output-post-dnat ct state new jump cluster-ips-check

        """;
}
