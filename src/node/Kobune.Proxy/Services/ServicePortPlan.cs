namespace Kobune.Proxy.Services;

/// <summary>
/// Everything that the rules of one port of a Service depend on, and nothing else: two equal plans give equal rules. All
/// addresses are IPv4.
/// </summary>
internal sealed record ServicePortPlan(ServicePortName Name, string ClusterIp, int Port)
{
    /// <summary>The port on every node; 0: none.</summary>
    public int NodePort { get; init; }

    public IReadOnlyList<string> ExternalIps { get; init; } = [];

    /// <summary>Addresses of the load balancer whose packets keep them as destination (ipMode VIP).</summary>
    public IReadOnlyList<string> LoadBalancerIps { get; init; } = [];

    /// <summary>Who may use the load balancer; empty: everybody.</summary>
    public IReadOnlyList<string> SourceRanges { get; init; } = [];

    /// <summary>Seconds for which a client stays with its endpoint; 0: no affinity.</summary>
    public int AffinitySeconds { get; init; }

    public bool InternalLocal { get; init; }

    public bool ExternalLocal { get; init; }

    /// <summary>Endpoints for traffic that may go anywhere.</summary>
    public IReadOnlyList<Backend> Cluster { get; init; } = [];

    /// <summary>Endpoints for traffic that stays on the node.</summary>
    public IReadOnlyList<Backend> Local { get; init; } = [];

    /// <summary>Whether there is a usable endpoint anywhere, on whatever node.</summary>
    public bool HasEndpoints { get; init; }

    /// <summary>Whether it can be reached from outside the cluster.</summary>
    public bool IsExternal => NodePort != 0 || ExternalIps.Count > 0 || LoadBalancerIps.Count > 0;

    /// <summary>A port that both policies let go anywhere is served by cluster endpoints; so is external traffic from inside.</summary>
    public bool UsesCluster => !InternalLocal || IsExternal;

    public bool UsesLocal => InternalLocal || (ExternalLocal && IsExternal);

    public IReadOnlyList<Backend> Internal => InternalLocal ? Local : Cluster;

    public IReadOnlyList<Backend> External => ExternalLocal ? Local : Cluster;

    /// <summary>All endpoints that rules may lead to.</summary>
    public IEnumerable<Backend> Reachable => (UsesCluster ? Cluster : []).Concat(UsesLocal ? Local : []).Distinct();
}
