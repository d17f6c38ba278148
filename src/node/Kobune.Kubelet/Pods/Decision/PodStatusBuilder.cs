using Kobune.Api.Core.V1;
using Kobune.Kubelet.Resources;

namespace Kobune.Kubelet.Pods.Decision;

/// <summary>What a Pod's status says of the node that it is on.</summary>
internal sealed record NodeFacts(string Name, IReadOnlyList<string> Addresses);

/// <summary>Writes the status of a Pod from what is seen and remembered; pure, as the decision is.</summary>
internal static class PodStatusBuilder
{
    public static PodStatus Build(PodView pod, PodObservation seen, WorkerMemory memory, NodeFacts node, DateTimeOffset now)
    {
        var init = pod.Init.Select(s => ContainerStatusBuilder.Build(pod, s, seen, memory)).ToList();
        var apps = pod.Apps.Select(s => ContainerStatusBuilder.Build(pod, s, seen, memory)).ToList();
        var status = new PodStatus
        {
            StartTime = memory.StartTime,
            QosClass = pod.Pod.Status.QosClass is { Length: > 0 } qos ? qos : QosClass.Of(pod.Pod),
            ObservedGeneration = pod.Pod.Metadata.Generation,
            InitContainerStatuses = init,
            ContainerStatuses = apps,
            EphemeralContainerStatuses = [.. pod.Ephemeral.Select(s => ContainerStatusBuilder.Build(pod, s, seen, memory))],
            NominatedNodeName = pod.Pod.Status.NominatedNodeName,
            Resources = pod.Pod.Status.Resources,
            ResourceClaimStatuses = pod.Pod.Status.ResourceClaimStatuses,
        };
        var ending = (pod.Deleting || memory.TerminalPhase is not null || memory.Failure is not null) && !seen.AnyAlive && seen.Containers.Count > 0
            && !memory.InFlight.Any(k => k.StartsWith("start/", StringComparison.Ordinal));
        status.Phase = memory.TerminalPhase ?? (memory.Failure is not null ? "Failed" : PodPhase.Of(pod, init, apps, ending));
        if (memory.Failure is { } failure)
        {
            status.Reason = failure.Reason;
            status.Message = failure.Message;
        }
        else if (memory.TerminalPhase is not null)
        {
            status.Reason = pod.Pod.Status.Reason;
            status.Message = pod.Pod.Status.Message;
        }

        AddAddresses(pod, status, memory, node);
        PodConditions.Add(pod, seen, memory, status, now);
        return status;
    }

    /// <summary>Whether an instance counts as started: it runs, and its startup probe (if any) has succeeded once.</summary>
    public static bool Started(ContainerSpec spec, ObservedContainer container, WorkerMemory memory) =>
        container.State == ContainerRunState.Running
        && (spec.Container.StartupProbe is null || (memory.Probes.TryGetValue(container.Id, out var p) && p.Startup == true));

    private static void AddAddresses(PodView pod, PodStatus status, WorkerMemory memory, NodeFacts node)
    {
        if (node.Addresses.Count > 0)
        {
            status.HostIP = node.Addresses[0];
            status.HostIPs = [.. node.Addresses.Select(a => new HostIP { Ip = a })];
        }

        var addresses = pod.Pod.Spec.HostNetwork && memory.StartTime is not null ? node.Addresses : memory.Addresses;
        if (addresses.Count > 0)
        {
            status.PodIP = addresses[0];
            status.PodIPs = [.. addresses.Select(a => new PodIP { Ip = a })];
        }
    }
}
