using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.Runtime;

namespace Kobune.Controllers.Endpoints;

/// <summary>Which Pods stand behind which Service, and by which ports.</summary>
internal static class ServicePods
{
    public const string HeadlessLabel = "service.kubernetes.io/headless";
    public const string LastChangeTrigger = "endpoints.kubernetes.io/last-change-trigger-time";

    /// <summary>Whether a controller makes endpoints for it: it selects Pods and is not just a name for something outside.</summary>
    public static bool HasEndpoints(Service service) => service.Spec.Selector.Count > 0 && service.Spec.Type != "ExternalName";

    public static bool IsHeadless(Service service) => service.Spec.ClusterIP == "None";

    /// <summary>The Services whose endpoints a change of a Pod may touch; none when it changed nothing that endpoints show.</summary>
    public static IEnumerable<Service> AffectedBy(InformerEvent<Pod> change, ILister<Service> services)
    {
        if (change.Old is { } old && change.Type == InformerEventType.Updated && Shows(old) == Shows(change.Object) && SameLabels(old, change.Object))
        {
            return [];
        }

        return services.List(change.Object.Metadata.Namespace).Where(s =>
            HasEndpoints(s) && (Selects(s, change.Object) || (change.Old is { } before && Selects(s, before))));
    }

    public static bool Selects(Service service, Pod pod)
    {
        foreach (var (key, value) in service.Spec.Selector)
        {
            if (!pod.Metadata.Labels.TryGetValue(key, out var actual) || actual != value)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The Pods that can be endpoints at all: with an address and not ended.</summary>
    public static IEnumerable<Pod> Of(Service service, ILister<Pod> pods, bool withTerminating) =>
        pods.List(service.Metadata.Namespace)
            .Where(p => p.Status.PodIP.Length > 0 && !p.IsTerminal() && (withTerminating || !p.IsTerminating()) && Selects(service, p))
            .OrderBy(p => p.Metadata.Name, StringComparer.Ordinal);

    /// <summary>The number of the Pod's port that the Service's port leads to; null when the Pod has no port of that name.</summary>
    public static int? PortOn(Pod pod, ServicePort port)
    {
        if (!port.TargetPort.IsString)
        {
            return port.TargetPort.IntValue != 0 ? port.TargetPort.IntValue : port.PortValue();
        }

        foreach (var container in pod.Spec.Containers.Concat(pod.Spec.InitContainers.Where(c => c.RestartPolicy == "Always")))
        {
            foreach (var candidate in container.Ports)
            {
                if (candidate.Name == port.TargetPort.StringValue && Protocol(candidate.Protocol) == Protocol(port.Protocol))
                {
                    return candidate.Port;
                }
            }
        }

        return null;
    }

    public static string Protocol(string protocol) => protocol.Length == 0 ? "TCP" : protocol;

    private static int PortValue(this ServicePort port) => port.Port;

    private static (string, bool, bool, string, string, string, string) Shows(Pod pod) =>
        (string.Join(',', pod.Status.PodIPs.Select(i => i.Ip)) + pod.Status.PodIP, pod.IsReady(), pod.IsTerminating(), pod.Spec.NodeName, pod.Status.Phase, pod.Spec.Hostname, pod.Spec.Subdomain);

    private static bool SameLabels(Pod a, Pod b) => a.Metadata.Labels.Count == b.Metadata.Labels.Count && a.Metadata.Labels.All(l => b.Metadata.Labels.GetValueOrDefault(l.Key) == l.Value);
}
