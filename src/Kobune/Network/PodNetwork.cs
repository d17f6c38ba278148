using System.Text;

namespace Kobune.Network;

/// <summary>
/// The Pod network of one node: a CNI configuration (bridge cni0 with host-local addresses from the node's range) that
/// containerd watches for, and forwarding inside the node's network namespace.
/// </summary>
/// <param name="confFolder">Where containerd looks for CNI configurations.</param>
/// <param name="dataFolder">Where host-local keeps the addresses in use.</param>
internal sealed class PodNetwork(string confFolder, string dataFolder)
{
    /// <summary>The bridge that the node's Pods are connected to.</summary>
    public const string Bridge = "cni0";
    private const string BridgeCallsRules = "/proc/sys/net/bridge/bridge-nf-call-iptables";

    private string File => Path.Combine(confFolder, "10-kobune.conflist");

    /// <summary>Lets the node forward packets between its Pods and its link. Runs in the node's network namespace.</summary>
    public static void EnableForwarding()
    {
        System.IO.File.WriteAllText("/proc/sys/net/ipv4/ip_forward", "1\n");
        // Packets between Pods of one bridge must pass the rules of Services and of NetworkPolicies like all others.
        if (System.IO.File.Exists(BridgeCallsRules))
        {
            System.IO.File.WriteAllText(BridgeCallsRules, "1\n");
        }
    }

    /// <summary>True when Pods of another range have been here, as when the Node was deleted and made anew.</summary>
    public bool HadAnotherRange(string podCidr) => System.IO.File.Exists(File) && !System.IO.File.ReadAllText(File).Contains($"\"{podCidr}\"", StringComparison.Ordinal);

    /// <summary>Writes the configuration for the node's range.</summary>
    /// <param name="podCidr">The range.</param>
    /// <param name="mtu">The largest packet that passes between nodes.</param>
    public void Configure(string podCidr, int mtu)
    {
        var text = Configuration(podCidr, mtu);
        if (System.IO.File.Exists(File) && System.IO.File.ReadAllText(File) == text)
        {
            return;
        }
        Directory.CreateDirectory(confFolder);
        Directory.CreateDirectory(dataFolder);
        // The name without the .conflist ending keeps containerd from reading half a file.
        System.IO.File.WriteAllText(File + ".tmp", text, new UTF8Encoding(false));
        System.IO.File.Move(File + ".tmp", File, overwrite: true);
    }

    internal string Configuration(string podCidr, int mtu) => $$"""
        {
          "cniVersion": "0.4.0",
          "name": "kobune",
          "plugins": [
            {
              "type": "bridge",
              "bridge": "{{Bridge}}",
              "mtu": {{mtu}},
              "isGateway": true,
              "ipMasq": false,
              "hairpinMode": true,
              "ipam": {
                "type": "host-local",
                "dataDir": "{{dataFolder}}",
                "ranges": [[{ "subnet": "{{podCidr}}" }]],
                "routes": [{ "dst": "0.0.0.0/0" }]
              }
            },
            {
              "type": "portmap",
              "capabilities": { "portMappings": true },
              "snat": true
            }
          ]
        }

        """;
}
