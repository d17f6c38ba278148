namespace Kobune.Proxy.Iptables;

/// <summary>The part that does not depend on Services: how packets come to our chains, and masquerading.</summary>
internal static class IptablesSkeleton
{
    public const string Filter = """
        -A KUBE-FORWARD -m comment --comment "kubernetes forwarding rules" -m mark --mark 0x4000/0x4000 -j ACCEPT
        -A KUBE-FORWARD -m comment --comment "kubernetes forwarding conntrack rule" -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT

        """;

    public const string Nat = """
        -A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN
        -A KUBE-POSTROUTING -j MARK --xor-mark 0x4000
        -A KUBE-POSTROUTING -m comment --comment "kubernetes service traffic requiring SNAT" -j MASQUERADE --random-fully
        -A KUBE-MARK-MASQ -j MARK --or-mark 0x4000

        """;

    /// <summary>Rules of the built-in chains that lead to ours: table, chain, rule.</summary>
    public static readonly IReadOnlyList<(string Table, string Chain, string[] Rule)> Jumps =
    [
        ("filter", "INPUT", New("kubernetes externally-visible service portals", IptablesNames.ExternalServices)),
        ("filter", "FORWARD", New("kubernetes externally-visible service portals", IptablesNames.ExternalServices)),
        ("filter", "INPUT", Plain("kubernetes health check service ports", IptablesNames.NodePorts)),
        ("filter", "FORWARD", New("kubernetes service portals", IptablesNames.Services)),
        ("filter", "OUTPUT", New("kubernetes service portals", IptablesNames.Services)),
        ("filter", "FORWARD", Plain("kubernetes forwarding rules", IptablesNames.Forward)),
        ("filter", "INPUT", New("kubernetes load balancer firewall", IptablesNames.Firewall)),
        ("filter", "OUTPUT", New("kubernetes load balancer firewall", IptablesNames.Firewall)),
        ("filter", "FORWARD", New("kubernetes load balancer firewall", IptablesNames.Firewall)),
        ("nat", "OUTPUT", Plain("kubernetes service portals", IptablesNames.Services)),
        ("nat", "PREROUTING", Plain("kubernetes service portals", IptablesNames.Services)),
        ("nat", "POSTROUTING", Plain("kubernetes postrouting rules", IptablesNames.Postrouting)),
    ];

    private static string[] New(string comment, string target) => ["-m", "conntrack", "--ctstate", "NEW", "-m", "comment", "--comment", comment, "-j", target];

    private static string[] Plain(string comment, string target) => ["-m", "comment", "--comment", comment, "-j", target];
}
