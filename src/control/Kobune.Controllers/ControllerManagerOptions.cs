using Kobune.Controllers.NodeLifecycle;

namespace Kobune.Controllers;

/// <summary>What the controllers need to know of the cluster.</summary>
public sealed record ControllerManagerOptions
{
    /// <summary>The cluster's CA certificate as PEM, published in every namespace.</summary>
    public required string RootCertificate { get; init; }

    /// <summary>Signs approved certificate requests; null: nobody does.</summary>
    public Kobune.Runtime.Certificates.CertificateAuthority? CertificateAuthority { get; init; }

    /// <summary>The range of all Pod addresses.</summary>
    public string ClusterCidr { get; init; } = "10.244.0.0/16";

    /// <summary>The size of one node's part of it.</summary>
    public int NodeCidrPrefix { get; init; } = 24;

    /// <summary>How many ended Pods may stay; 0: any number.</summary>
    public int TerminatedPodThreshold { get; init; } = 12500;

    /// <summary>The addresses for Services of type LoadBalancer, as a network; empty: they stay pending.</summary>
    public string LoadBalancerCidr { get; init; } = "";

    public NodeLifecycleOptions NodeLifecycle { get; init; } = new();
}
