using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.Api.Networking.V1;
using Kobune.Proxy.Services;

namespace Kobune.Proxy.NetworkPolicies;

/// <summary>The state of the cluster that policies are computed from.</summary>
/// <param name="NamespaceLabels">The labels of each namespace.</param>
internal sealed record PolicyInput(string NodeName, IReadOnlyList<NetworkPolicy> Policies, IReadOnlyList<PolicyPod> Pods, IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> NamespaceLabels)
{
    /// <summary>The Pods that a selector of namespaces and one of Pods choose together.</summary>
    public IEnumerable<PolicyPod> Select(ISelector? namespaces, string ns, ISelector pods) => Pods.Where(p =>
        (namespaces is null ? p.Namespace == ns : namespaces.Matches(NamespaceLabels.GetValueOrDefault(p.Namespace) ?? new Dictionary<string, string>())) && pods.Matches(p.Labels));
}

/// <summary>What policies see of a Pod: its address, labels and named ports.</summary>
/// <param name="Ports">(Name, protocol in lower case) → number.</param>
internal sealed record PolicyPod(string Namespace, string Address, string Node, IReadOnlyDictionary<string, string> Labels, IReadOnlyList<(string Name, string Protocol, int Number)> Ports)
{
    /// <summary>The Pod as policies see it; null when they do not: it has no address of its own, or has ended.</summary>
    public static PolicyPod? Of(Pod pod)
    {
        var address = pod.Status.PodIPs.Select(i => i.Ip).Append(pod.Status.PodIP).FirstOrDefault(EndpointReader.IsIPv4);
        if (address is null || pod.Spec.HostNetwork || pod.Status.Phase is "Succeeded" or "Failed")
        {
            return null;
        }
        var ports = pod.Spec.Containers.Concat(pod.Spec.InitContainers.Where(c => c.RestartPolicy == "Always")).SelectMany(c => c.Ports)
            .Where(p => p.Name.Length > 0).Select(p => (p.Name, p.Protocol.Length == 0 ? "tcp" : p.Protocol.ToLowerInvariant(), p.Port));
        return new PolicyPod(pod.Namespace, address, pod.Spec.NodeName, pod.Metadata.Labels, [.. ports]);
    }

    /// <summary>Whether two states of a Pod look alike to policies.</summary>
    public static bool Same(PolicyPod? a, PolicyPod? b) => a is null || b is null
        ? a is null && b is null
        : a.Address == b.Address && a.Node == b.Node && a.Ports.SequenceEqual(b.Ports) && a.Labels.Count == b.Labels.Count && a.Labels.All(l => b.Labels.GetValueOrDefault(l.Key) == l.Value);
}
