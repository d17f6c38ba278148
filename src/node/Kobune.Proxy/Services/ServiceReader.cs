using Kobune.Api.Core.V1;
using Kobune.Api.Discovery.V1;

namespace Kobune.Proxy.Services;

/// <summary>The pure heart of the proxy: a Service, its slices and the node give the plan of its rules.</summary>
internal static class ServiceReader
{
    private const string ProxyName = "service.kubernetes.io/service-proxy-name";
    private const string Headless = "service.kubernetes.io/headless";
    private const int DefaultAffinitySeconds = 10800;

    /// <summary>The plan, or null when the Service needs no rules: it is headless, a mere name, or somebody else's.</summary>
    public static ServicePlan? Read(Service service, IReadOnlyList<EndpointSlice> slices, NodeView node)
    {
        var address = service.Spec.ClusterIPs.Append(service.Spec.ClusterIP).FirstOrDefault(EndpointReader.IsIPv4);
        if (address is null || service.Spec.Type == "ExternalName" || service.Metadata.Labels.ContainsKey(ProxyName) || service.Metadata.Labels.ContainsKey(Headless))
        {
            return null;
        }
        var ports = new List<ServicePortPlan>();
        var local = new HashSet<string>();
        foreach (var port in service.Spec.Ports)
        {
            var endpoints = EndpointReader.Read(slices, port, node);
            ports.Add(Plan(service, port, address, endpoints, node));
            local.UnionWith(endpoints.Where(e => e.Ready && e.Backend.IsLocal).Select(e => e.Backend.Address));
        }
        var healthPort = service.Spec.Type == "LoadBalancer" && ExternalLocal(service) ? service.Spec.HealthCheckNodePort : 0;
        return new ServicePlan($"{service.Namespace}/{service.Name}", ports, healthPort, local.Count);
    }

    private static ServicePortPlan Plan(Service service, ServicePort port, string address, List<EndpointState> endpoints, NodeView node)
    {
        var name = new ServicePortName(service.Namespace, service.Name, port.Name, port.Protocol.Length == 0 ? "tcp" : port.Protocol.ToLowerInvariant());
        var balanced = service.Spec.Type == "LoadBalancer";
        var plan = new ServicePortPlan(name, address, port.Port)
        {
            NodePort = port.NodePort,
            ExternalIps = [.. service.Spec.ExternalIPs.Where(EndpointReader.IsIPv4)],
            LoadBalancerIps = balanced ? [.. service.Status.LoadBalancer.Ingress.Where(i => i.IpMode is null or "VIP" && EndpointReader.IsIPv4(i.Ip)).Select(i => i.Ip)] : [],
            SourceRanges = balanced ? [.. service.Spec.LoadBalancerSourceRanges.Select(r => r.Trim()).Where(r => EndpointReader.IsIPv4(r.Split('/')[0]))] : [],
            AffinitySeconds = service.Spec.SessionAffinity == "ClientIP" ? service.Spec.SessionAffinityConfig?.ClientIP?.TimeoutSeconds ?? DefaultAffinitySeconds : 0,
            InternalLocal = service.Spec.InternalTrafficPolicy == "Local",
            ExternalLocal = ExternalLocal(service),
            HasEndpoints = BackendSelection.HasAny(endpoints),
        };
        return plan with
        {
            Cluster = plan.UsesCluster ? BackendSelection.Cluster(endpoints, node) : [],
            Local = plan.UsesLocal ? BackendSelection.Local(endpoints) : [],
        };
    }

    private static bool ExternalLocal(Service service) => service.Spec.ExternalTrafficPolicy == "Local";
}
