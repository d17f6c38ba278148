using Kobune.Proxy.Services;
using Kobune.Proxy.Tools;

namespace Kobune.Proxy.Iptables;

/// <summary>Chain names, hashed as upstream hashes them (SHA-256 of the port's name and protocol, base 32, 16 characters).</summary>
internal static class IptablesNames
{
    public const string Services = "KUBE-SERVICES";
    public const string ExternalServices = "KUBE-EXTERNAL-SERVICES";
    public const string NodePorts = "KUBE-NODEPORTS";
    public const string Firewall = "KUBE-PROXY-FIREWALL";
    public const string Forward = "KUBE-FORWARD";
    public const string Postrouting = "KUBE-POSTROUTING";
    public const string MarkMasq = "KUBE-MARK-MASQ";

    public static string Service(ServicePortName name) => "KUBE-SVC-" + Hash(name);
    public static string Local(ServicePortName name) => "KUBE-SVL-" + Hash(name);
    public static string External(ServicePortName name) => "KUBE-EXT-" + Hash(name);
    public static string LoadBalancerFirewall(ServicePortName name) => "KUBE-FW-" + Hash(name);
    public static string Endpoint(ServicePortName name, Backend backend) => "KUBE-SEP-" + ChainHash.Of(name + name.Protocol + backend, 16);

    private static string Hash(ServicePortName name) => ChainHash.Of(name + name.Protocol, 16);
}
