namespace Kobune.Proxy.Services;

/// <summary>All of a Service that the proxy acts on.</summary>
/// <param name="Key">namespace/name.</param>
/// <param name="HealthCheckPort">Where load balancers ask whether this node has endpoints; 0: nowhere.</param>
/// <param name="LocalEndpoints">How many usable endpoints are on this node.</param>
internal sealed record ServicePlan(string Key, IReadOnlyList<ServicePortPlan> Ports, int HealthCheckPort, int LocalEndpoints);
