using Kobune.Api.Core.V1;

namespace Kobune.ApiServer.Resources.Core.Services;

/// <summary>What a Service needs by its type.</summary>
internal static class ServiceNeeds
{
    public static bool IsHeadless(this Service service) => service.Spec.ClusterIPs is ["None"] || (service.Spec.ClusterIPs.Count == 0 && service.Spec.ClusterIP == "None");

    public static bool NeedsClusterIP(this Service service) => service.Spec.Type is "ClusterIP" or "NodePort" or "LoadBalancer";

    /// <summary>Whether its ports may have node ports.</summary>
    public static bool TakesNodePorts(this Service service) => service.Spec.Type is "NodePort" or "LoadBalancer";

    /// <summary>Whether ports without a node port get one.</summary>
    public static bool AllocatesNodePorts(this Service service) =>
        service.Spec.Type == "NodePort" || (service.Spec.Type == "LoadBalancer" && service.Spec.AllocateLoadBalancerNodePorts != false);

    public static bool NeedsHealthCheck(this Service service) => service.Spec is { Type: "LoadBalancer", ExternalTrafficPolicy: "Local" };

    public static bool IsExternallyAccessible(this Service service) => service.TakesNodePorts() || (service.Spec.Type == "ClusterIP" && service.Spec.ExternalIPs.Count > 0);
}
