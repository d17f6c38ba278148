using Kobune.Api.Core.V1;

namespace Kobune.Kubelet.Pods.Decision;

/// <summary>The Pod's conditions: those that the kubelet owns, and readiness gates that others set.</summary>
internal static class PodConditions
{
    /// <summary>Types that only the kubelet writes.</summary>
    public static readonly IReadOnlySet<string> Owned = new HashSet<string>(StringComparer.Ordinal)
    {
        "PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled", "PodResizePending", "PodResizeInProgress",
    };

    public static void Add(PodView pod, PodObservation seen, WorkerMemory memory, PodStatus status, DateTimeOffset now)
    {
        var old = memory.LastStatus?.Conditions ?? pod.Pod.Status.Conditions;
        var sandboxUp = (memory.VolumesReady || seen.Containers.Count > 0) && !memory.Busy("sandbox") && seen.ReadySandbox is { } s
            && (s.Addresses.Count > 0 || pod.Pod.Spec.HostNetwork);
        var initialised = Initialised(pod, status);
        var containers = ContainersReady(pod, status);
        Put("PodReadyToStartContainers", sandboxUp, "", "");
        Put("Initialized", initialised.Ok, initialised.Reason, initialised.Message);
        var ready = Gates(pod, containers);
        Put("Ready", ready.Ok, ready.Reason, ready.Message);
        Put("ContainersReady", containers.Ok, containers.Reason, containers.Message);
        Put("PodScheduled", true, "", "");
        if (memory.PendingResize is { } pending)
        {
            Put("PodResizePending", true, pending.Reason, pending.Message);
        }

        if (ResizeDecider.InProgress(pod, seen, memory))
        {
            Put("PodResizeInProgress", true, memory.ResizeError is null ? "" : "Error", memory.ResizeError ?? "");
        }

        var disrupted = memory.Failure is { Disruption: true };
        if (disrupted)
        {
            Put("DisruptionTarget", true, "TerminationByKubelet", memory.Failure!.Message);
        }

        foreach (var foreign in pod.Pod.Status.Conditions.Where(c => !Owned.Contains(c.Type) && !(disrupted && c.Type == "DisruptionTarget")))
        {
            status.Conditions.Add(foreign);
        }

        void Put(string type, bool value, string reason, string message)
        {
            var text = value ? "True" : "False";
            var before = old.FirstOrDefault(c => c.Type == type);
            status.Conditions.Add(new PodCondition
            {
                Type = type,
                Status = text,
                Reason = reason,
                Message = message,
                ObservedGeneration = pod.Pod.Metadata.Generation,
                LastTransitionTime = before?.Status == text ? before.LastTransitionTime : Whole(now),
            });
        }
    }

    /// <summary>API times have whole seconds.</summary>
    public static DateTimeOffset Whole(DateTimeOffset time) => new(time.UtcTicks - (time.UtcTicks % TimeSpan.TicksPerSecond), TimeSpan.Zero);

    private static (bool Ok, string Reason, string Message) Initialised(PodView pod, PodStatus status)
    {
        if (status.Phase == "Succeeded")
        {
            return (true, "PodCompleted", "");
        }

        if (status.ContainerStatuses.Any(c => c.State.Running is not null || c.State.Terminated is not null || c.LastState.Terminated is not null))
        {
            return (true, "", "");
        }

        var incomplete = new List<string>();
        for (var i = 0; i < pod.Init.Count; i++)
        {
            var init = status.InitContainerStatuses[i];
            if (pod.Init[i].Kind == ContainerKind.Sidecar ? init.Started != true : !init.Ready)
            {
                incomplete.Add(init.Name);
            }
        }

        return incomplete.Count == 0
            ? (true, "", "")
            : (false, "ContainersNotInitialized", $"containers with incomplete status: [{string.Join(' ', incomplete)}]");
    }

    private static (bool Ok, string Reason, string Message) ContainersReady(PodView pod, PodStatus status)
    {
        if (status.Phase == "Succeeded")
        {
            return (false, "PodCompleted", "");
        }

        if (status.Phase == "Failed")
        {
            return (false, "PodFailed", "");
        }

        var unready = new List<string>();
        for (var i = 0; i < pod.Init.Count; i++)
        {
            if (pod.Init[i].Kind == ContainerKind.Sidecar && !status.InitContainerStatuses[i].Ready)
            {
                unready.Add(pod.Init[i].Name);
            }
        }

        unready.AddRange(status.ContainerStatuses.Where(c => !c.Ready).Select(c => c.Name));
        return unready.Count == 0
            ? (true, "", "")
            : (false, "ContainersNotReady", $"containers with unready status: [{string.Join(' ', unready)}]");
    }

    private static (bool Ok, string Reason, string Message) Gates(PodView pod, (bool Ok, string Reason, string Message) containers)
    {
        if (!containers.Ok)
        {
            return containers;
        }

        var problems = new List<string>();
        foreach (var gate in pod.Pod.Spec.ReadinessGates)
        {
            var condition = pod.Pod.Status.Conditions.FirstOrDefault(c => c.Type == gate.ConditionType);
            if (condition is null)
            {
                problems.Add($"corresponding condition of pod readiness gate \"{gate.ConditionType}\" does not exist.");
            }
            else if (condition.Status != "True")
            {
                problems.Add($"the status of pod readiness gate \"{gate.ConditionType}\" is not \"True\", but {condition.Status}");
            }
        }

        return problems.Count switch
        {
            0 => (true, "", ""),
            1 => (false, "ReadinessGatesNotReady", problems[0]),
            _ => (false, "ReadinessGatesNotReady", $"[{string.Join(", ", problems)}]"),
        };
    }
}
