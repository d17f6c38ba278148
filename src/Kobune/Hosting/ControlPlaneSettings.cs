using System.Net;
using Kobune.Network;

namespace Kobune.Hosting;

/// <summary>Where a control plane keeps its state and where it is reached.</summary>
/// <param name="Database">The SQLite file.</param>
/// <param name="Pki">The folder of keys and certificates.</param>
/// <param name="Address">The address that nodes and Pods reach it at.</param>
internal sealed record ControlPlaneSettings(string Database, string Pki, IPAddress Address)
{
    public int Port { get; init; } = 6443;
    public IReadOnlyList<string> Names { get; init; } = [];
    public string PodCidr { get; init; } = "10.244.0.0/16";
    /// <summary>Addresses of load balancers that are routed to the nodes; empty: there are none.</summary>
    public string LoadBalancerCidr { get; init; } = "";
    public string ServiceCidr { get; init; } = "10.96.0.0/16";

    /// <summary>How Pods of other nodes are reached; joining nodes learn it from the cluster.</summary>
    public OverlayMode Overlay { get; init; } = OverlayMode.Vxlan;

    /// <summary>A token that nodes may join with (abcdef.0123456789abcdef); null: none may.</summary>
    public string? JoinToken { get; init; }

    /// <summary>Audit log, encryption at rest and further authentication.</summary>
    public ApiServerSettings ApiServer { get; init; } = new();

    public string Url => $"https://{Address}:{Port}";
}
