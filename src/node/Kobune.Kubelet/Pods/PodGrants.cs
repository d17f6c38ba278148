using Kobune.Api.Core.V1;
using Kobune.Kubelet.Admission;
using Kobune.Kubelet.Pods.Decision;
using Kobune.Kubelet.Pods.Execution;

namespace Kobune.Kubelet.Pods;

/// <summary>Decides whether a Pod comes in, and whether it gets the resources that it asks for later on.</summary>
internal sealed class PodGrants(PodAdmission admission, NodeLedger ledger, PodEvents events)
{
    /// <summary>Once for every worker: lets the Pod in, or latches its failure.</summary>
    public void Admit(PodView pod, WorkerMemory memory)
    {
        if (memory.Granted is not null)
        {
            return;
        }

        memory.Granted = Granted(pod.Pod);
        if (pod.Gone || memory.TerminalPhase is not null || memory.Failure is not null)
        {
            return;
        }

        var running = pod.Deleting || pod.Pod.Status.AllContainerStatuses().Any(c => c.ContainerID.Length > 0);
        if (admission.Admit(Resize.With(pod, memory.Granted), running) is { } rejection)
        {
            events.Pod(pod, "Warning", rejection.Reason, rejection.Message);
            memory.Failure = new FailPod(rejection.Reason, "Pod was rejected: " + rejection.Message, Event: false);
        }
    }

    public void Release(string uid) => admission.Release(uid);

    /// <summary>The Pod with what it has been granted. A wish for more or less is granted when the node has room for it.</summary>
    public PodView Apply(PodView pod, WorkerMemory memory)
    {
        var granted = memory.Granted!;
        if (pod.All.Where(Resize.Applies).All(s => granted.TryGetValue(s.Name, out var has) && Resize.Same(has, s.Container.Resources)))
        {
            memory.PendingResize = null;
            return pod;
        }

        if (!pod.Deleting && memory.TerminalPhase is null && memory.Failure is null)
        {
            var shortage = ledger.Take(pod.Uid, PodAmounts.Requests(pod.Pod), force: false);
            if (shortage is null)
            {
                memory.Granted = pod.All.Where(Resize.Applies).ToDictionary(s => s.Name, s => s.Container.Resources, StringComparer.Ordinal);
                memory.PendingResize = null;
                memory.ResizeError = null;
                events.Pod(pod, "Normal", "ResizeStarted", "Pod resize started");
                return pod;
            }

            Defer(pod, memory, shortage);
        }

        return Resize.With(pod, granted);
    }

    private void Defer(PodView pod, WorkerMemory memory, Shortage shortage)
    {
        var pending = shortage.Never
            ? new PendingResize("Infeasible", $"Node didn't have enough capacity: {shortage.Resource}, requested: {shortage.Requested}, capacity: {shortage.Capacity}")
            : new PendingResize("Deferred", $"Node didn't have enough resource: {shortage.Resource}, requested: {shortage.Requested}, used: {shortage.Used}, capacity: {shortage.Capacity}");
        if (memory.PendingResize?.Reason != pending.Reason)
        {
            events.Pod(pod, "Warning", "Resize" + pending.Reason, $"Pod resize {pending.Reason}: {pending.Message}");
        }

        memory.PendingResize = pending;
    }

    /// <summary>What an earlier kubelet granted stands in the status; a Pod that never ran gets what it asks for.</summary>
    private static Dictionary<string, ResourceRequirements> Granted(Pod pod)
    {
        var result = new Dictionary<string, ResourceRequirements>(StringComparer.Ordinal);
        foreach (var container in pod.Spec.Containers.Concat(pod.Spec.InitContainers.Where(i => i.IsSidecar)))
        {
            var resources = container.Resources;
            if (pod.Status.StatusOf(container.Name) is { Resources: { } actual, AllocatedResources.Count: > 0 } status)
            {
                resources = actual.Clone();
                resources.Requests = new Dictionary<string, Kobune.Api.Quantity>(status.AllocatedResources, StringComparer.Ordinal);
            }

            result[container.Name] = resources;
        }

        return result;
    }
}
