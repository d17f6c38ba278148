using Kobune.Api.Core.V1;

namespace Kobune.ApiServer.Printing;

/// <summary>
/// A Pod's row. STATUS is one word for where the Pod stands: its phase, or the reason of the container that matters most
/// (an init container that is not done, a waiting or ended one), or Terminating.
/// </summary>
internal static class PodPrinter
{
    public static void Print(Pod pod, Cells cells)
    {
        var state = new State { Reason = pod.Status.Reason.Length > 0 ? pod.Status.Reason : pod.Status.Phase };
        if (pod.Status.Conditions.Exists(c => c is { Type: "PodScheduled", Reason: "SchedulingGated" }))
        {
            state.Reason = "SchedulingGated";
        }

        var initializing = Initializing(pod, state);
        if (!initializing || IsTrue(pod, "Initialized"))
        {
            Running(pod, state, initializing);
        }

        if (pod.Metadata.DeletionTimestamp is not null && pod.Status.Reason == "NodeLost")
        {
            state.Reason = "Unknown";
        }
        else if (pod.Metadata.DeletionTimestamp is not null && pod.Status.Phase is not ("Succeeded" or "Failed"))
        {
            state.Reason = "Terminating";
        }

        var restarts = state.Restarts > 0 && state.LastRestart is { } last ? $"{state.Restarts} ({cells.AgeText(last)} ago)" : $"{state.Restarts}";
        cells.Text(pod.Metadata.Name).Text($"{state.Ready}/{state.Total}").Text(state.Reason).Text(restarts).Age(pod.Metadata.CreationTimestamp)
            .Text(Or(pod.Status.PodIPs.Count > 0 ? pod.Status.PodIPs[0].Ip : "")).Text(Or(pod.Spec.NodeName)).Text(Or(pod.Status.NominatedNodeName)).Text(Gates(pod));
    }

    private sealed class State
    {
        public required string Reason { get; set; }
        public int Ready { get; set; }
        public int Total { get; set; }
        public int Restarts { get; set; }
        public DateTimeOffset? LastRestart { get; set; }
        public int SidecarRestarts { get; set; }
        public DateTimeOffset? LastSidecarRestart { get; set; }
    }

    /// <summary>Looks at the init containers; true when one of them keeps the Pod from starting.</summary>
    private static bool Initializing(Pod pod, State state)
    {
        state.Total = pod.Spec.Containers.Count;
        var sidecars = new HashSet<string>(pod.Spec.InitContainers.Where(c => c.RestartPolicy == "Always").Select(c => c.Name));
        state.Total += sidecars.Count;
        for (var i = 0; i < pod.Status.InitContainerStatuses.Count; i++)
        {
            var container = pod.Status.InitContainerStatuses[i];
            state.Restarts += container.RestartCount;
            state.LastRestart = Later(state.LastRestart, container.LastState.Terminated?.FinishedAt);
            var sidecar = sidecars.Contains(container.Name);
            if (sidecar)
            {
                state.SidecarRestarts += container.RestartCount;
                state.LastSidecarRestart = Later(state.LastSidecarRestart, container.LastState.Terminated?.FinishedAt);
            }

            if (container.State.Terminated is { ExitCode: 0 })
            {
                continue;
            }

            if (sidecar && container.Started == true)
            {
                state.Ready += container.Ready ? 1 : 0;
                continue;
            }

            state.Reason = container.State switch
            {
                { Terminated: { Reason.Length: > 0 } ended } => "Init:" + ended.Reason,
                { Terminated: { Signal: not 0 } ended } => $"Init:Signal:{ended.Signal}",
                { Terminated: { } ended } => $"Init:ExitCode:{ended.ExitCode}",
                { Waiting: { Reason: { Length: > 0 } reason } } when reason != "PodInitializing" => "Init:" + reason,
                _ => $"Init:{i}/{pod.Spec.InitContainers.Count}",
            };
            return true;
        }

        return false;
    }

    private static void Running(Pod pod, State state, bool initializing)
    {
        state.Restarts = state.SidecarRestarts;
        state.LastRestart = state.LastSidecarRestart;
        var hasRunning = false;
        for (var i = pod.Status.ContainerStatuses.Count - 1; i >= 0; i--)
        {
            var container = pod.Status.ContainerStatuses[i];
            state.Restarts += container.RestartCount;
            state.LastRestart = Later(state.LastRestart, container.LastState.Terminated?.FinishedAt);
            switch (container.State)
            {
                case { Waiting.Reason.Length: > 0 } s: state.Reason = s.Waiting!.Reason; break;
                case { Terminated.Reason.Length: > 0 } s: state.Reason = s.Terminated!.Reason; break;
                case { Terminated: { Signal: not 0 } ended }: state.Reason = $"Signal:{ended.Signal}"; break;
                case { Terminated: { } ended }: state.Reason = $"ExitCode:{ended.ExitCode}"; break;
                case { Running: not null } when container.Ready:
                    hasRunning = true;
                    state.Ready++;
                    break;
            }
        }

        if (state.Reason == "Completed" && hasRunning)
        {
            state.Reason = IsTrue(pod, "Ready") ? "Running" : "NotReady";
        }

        _ = initializing;
    }

    private static bool IsTrue(Pod pod, string condition) => pod.Status.Conditions.Exists(c => c.Type == condition && c.Status == "True");

    private static DateTimeOffset? Later(DateTimeOffset? a, DateTimeOffset? b) => a is null || b > a ? b ?? a : a;

    private static string Gates(Pod pod) => pod.Spec.ReadinessGates.Count == 0
        ? "<none>"
        : $"{pod.Spec.ReadinessGates.Count(g => IsTrue(pod, g.ConditionType))}/{pod.Spec.ReadinessGates.Count}";

    private static string Or(string text) => text.Length == 0 ? "<none>" : text;
}
