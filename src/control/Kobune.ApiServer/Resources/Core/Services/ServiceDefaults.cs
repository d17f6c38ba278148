using Kobune.Api;
using Kobune.Api.Core.V1;

namespace Kobune.ApiServer.Resources.Core.Services;

internal static class ServiceDefaults
{
    private const int ClientAffinitySeconds = 10800;

    public static void Apply(Service service)
    {
        var spec = service.Spec;
        spec.SessionAffinity = spec.SessionAffinity.Length == 0 ? "None" : spec.SessionAffinity;
        if (spec.SessionAffinity == "None")
        {
            spec.SessionAffinityConfig = null;
        }
        else if (spec.SessionAffinity == "ClientIP" && spec.SessionAffinityConfig?.ClientIP?.TimeoutSeconds == null)
        {
            spec.SessionAffinityConfig = new SessionAffinityConfig { ClientIP = new ClientIPConfig { TimeoutSeconds = ClientAffinitySeconds } };
        }

        spec.Type = spec.Type.Length == 0 ? "ClusterIP" : spec.Type;
        foreach (var port in spec.Ports)
        {
            port.Protocol = port.Protocol.Length == 0 ? "TCP" : port.Protocol;
            if (port.TargetPort == new IntOrString(0) || port.TargetPort == new IntOrString(""))
            {
                port.TargetPort = port.Port;
            }
        }

        if (service.IsExternallyAccessible() && spec.ExternalTrafficPolicy.Length == 0)
        {
            spec.ExternalTrafficPolicy = "Cluster";
        }

        if (service.NeedsClusterIP())
        {
            spec.InternalTrafficPolicy ??= "Cluster";
        }

        if (spec.Type == "LoadBalancer")
        {
            spec.AllocateLoadBalancerNodePorts ??= true;
            foreach (var ingress in service.Status.LoadBalancer.Ingress.Where(i => i.Ip.Length > 0))
            {
                ingress.IpMode ??= "VIP";
            }
        }
    }
}
