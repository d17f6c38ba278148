using Kobune.Api;
using Kobune.Api.Core.V1;

namespace Kobune.Scheduler.Cache;

/// <summary>An amount of a numbered resource: milli-units of CPU, whole units of everything else.</summary>
internal readonly record struct Amount(int Resource, long Value);

/// <summary>A port that a container claims on its node's address.</summary>
internal readonly record struct HostPort(string Address, string Protocol, int Port)
{
    /// <summary>The unspecified address conflicts with every other.</summary>
    public bool ConflictsWith(HostPort other) =>
        Port == other.Port && Protocol == other.Protocol && (Address == other.Address || Address == Any || other.Address == Any);

    public const string Any = "0.0.0.0";
}

/// <summary>What the scheduler needs of a Pod, computed once per revision.</summary>
internal sealed class PodFacts
{
    // What a container that asks for nothing is taken to use when nodes are compared (not when they are filtered).
    private const long AssumedCpu = 100;
    private const long AssumedMemory = 200 * 1024 * 1024;

    public PodFacts(Pod pod, ResourceNames names)
    {
        Pod = pod;
        Priority = pod.Spec.Priority ?? 0;
        Requests = PodRequests.Of(pod, names);
        (ScoredCpu, ScoredMemory) = PodRequests.ForScoring(pod, AssumedCpu, AssumedMemory);
        HostPorts = PortsOf(pod);
        NodeAffinity = NodeSelectorMatcher.Required(pod);
        Terms = PodTerms.Of(pod);
    }

    public Pod Pod { get; }
    public string Uid => Pod.Metadata.Uid;
    public int Priority { get; }
    public Amount[] Requests { get; }
    public long ScoredCpu { get; }
    public long ScoredMemory { get; }
    public HostPort[] HostPorts { get; }

    /// <summary>nodeSelector and required node affinity; null when it has neither.</summary>
    public NodeSelectorMatcher? NodeAffinity { get; }

    /// <summary>Affinity and anti-affinity to other Pods; null when it has none.</summary>
    public PodTerms? Terms { get; }

    private static HostPort[] PortsOf(Pod pod)
    {
        List<HostPort>? ports = null;
        foreach (var container in pod.Spec.Containers.Concat(pod.Spec.InitContainers.Where(c => c.RestartPolicy == "Always")))
        {
            foreach (var port in container.Ports)
            {
                if (port.HostPort > 0)
                {
                    (ports ??= []).Add(new HostPort(port.HostIP.Length == 0 ? HostPort.Any : port.HostIP, port.Protocol.Length == 0 ? "TCP" : port.Protocol, port.HostPort));
                }
            }
        }

        return ports is null ? [] : [.. ports];
    }
}
