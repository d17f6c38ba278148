using System.Net;
using Kobune.Client;

namespace Kobune.Proxy;

/// <summary>How rules come into the kernel.</summary>
public enum ProxyMode
{
    /// <summary>Verdict maps: a packet's cost does not depend on the number of Services.</summary>
    Nftables,

    /// <summary>Chains with the familiar KUBE- names.</summary>
    Iptables,
}

/// <summary>What a proxy of Services is made from.</summary>
public sealed record KubeProxyOptions
{
    /// <summary>The node that it is for.</summary>
    public required string NodeName { get; init; }

    /// <summary>Acts as system:kube-proxy.</summary>
    public required IKubeClient Client { get; init; }

    public ProxyMode Mode { get; init; } = ProxyMode.Nftables;

    /// <summary>The range of ClusterIPs, so that addresses nobody has are refused at once; empty when not known.</summary>
    public string ServiceCidr { get; init; } = "";

    /// <summary>Serves /healthz and /livez; null: nowhere.</summary>
    public IPEndPoint? Healthz { get; init; } = new(IPAddress.Any, 10256);

    /// <summary>Serves /metrics; null: nowhere.</summary>
    public IPEndPoint? Metrics { get; init; } = new(IPAddress.Loopback, 10249);

    /// <summary>A name below /run/netns to put rules in; null: the process's own.</summary>
    public string? NetworkNamespace { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;
}
