using Kobune.Proxy.Services;
using Kobune.Proxy.Tools;

namespace Kobune.Proxy.Nftables;

/// <summary>Names of chains, sets and maps: upstream's, so that what people know about <c>nft list table ip kube-proxy</c> holds.</summary>
internal static class NftNames
{
    public const string Table = "kube-proxy";
    public const string ClusterIps = "cluster-ips";
    public const string NodePortIps = "nodeport-ips";
    public const string ServiceIps = "service-ips";
    public const string ServiceNodePorts = "service-nodeports";
    public const string NoEndpointServices = "no-endpoint-services";
    public const string NoEndpointNodePorts = "no-endpoint-nodeports";
    public const string FirewallIps = "firewall-ips";
    public const string Hairpins = "hairpin-connections";
    public const string MarkForMasquerade = "mark-for-masquerade";
    public const string Reject = "reject-chain";

    // The kernel takes 255 bytes, but whoever lists the table should be able to read it.
    private const int MaxLength = 118;

    public static string Service(ServicePortName name) => "service-" + Hashed(Plain(name));
    public static string Local(ServicePortName name) => "local-" + Hashed(Plain(name));
    public static string External(ServicePortName name) => "external-" + Hashed(Plain(name));
    public static string Firewall(ServicePortName name) => "firewall-" + Hashed(Plain(name));
    public static string Endpoint(ServicePortName name, Backend backend) => "endpoint-" + Hashed(Of(name, backend));

    // The time-out cannot change in place, so it is part of what the name stands for.
    public static string Affinity(ServicePortName name, Backend backend, int seconds) => "affinity-" + Hashed(Of(name, backend), "/" + seconds);

    private static string Plain(ServicePortName name) => $"{name.Namespace}/{name.Name}/{name.Protocol}/{name.Port}";

    private static string Of(ServicePortName name, Backend backend) => $"{Plain(name)}__{backend.Address}/{backend.Port}";

    private static string Hashed(string name, string salt = "")
    {
        var full = $"{ChainHash.Of(name + salt, 8)}-{name}";
        return full.Length <= MaxLength ? full : full[..MaxLength];
    }
}
