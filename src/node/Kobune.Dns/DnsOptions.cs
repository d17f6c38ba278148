using System.Net;

namespace Kobune.Dns;

/// <summary>One node's DNS server.</summary>
/// <param name="NodeName">The node that it runs on.</param>
/// <param name="Listen">Where it listens, by UDP and TCP; other nodes and Pods must reach the address.</param>
public sealed record DnsOptions(string NodeName, IPEndPoint Listen)
{
    /// <summary>The port that the agents listen on. Port 53 of the node is left to the node.</summary>
    public const int DefaultPort = 10053;

    /// <summary>The address that Pods are led to; the one it listens on unless told otherwise.</summary>
    public IPAddress Advertised { get => field ?? Listen.Address; init; }

    public string Domain { get; init; } = "cluster.local";

    /// <summary>The address of Service kube-dns, which Pods ask; null when there is none.</summary>
    public IPAddress? ServiceAddress { get; init; }

    /// <summary>Names the servers that are asked for all other names.</summary>
    public string ResolvConf { get; init; } = "/etc/resolv.conf";
}
