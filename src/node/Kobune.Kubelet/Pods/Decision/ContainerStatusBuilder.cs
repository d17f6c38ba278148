using Kobune.Api.Core.V1;
using Kobune.Kubelet.Formats;

namespace Kobune.Kubelet.Pods.Decision;

/// <summary>The status of one container, with the reasons and messages that upstream gives.</summary>
internal static class ContainerStatusBuilder
{
    public static ContainerStatus Build(PodView pod, ContainerSpec spec, PodObservation seen, WorkerMemory memory)
    {
        var starting = memory.Starting(spec.Name);
        var latest = seen.Latest(spec.Name);
        // While a start is under way its new instance is not shown: one write says Running and Ready together.
        var shown = starting && latest is not { State: ContainerRunState.Exited } ? Ended(seen, spec.Name) : latest;
        var status = new ContainerStatus
        {
            Name = spec.Name,
            Image = shown?.Image is { Length: > 0 } image ? image : spec.Container.Image,
            ImageID = shown?.ImageRef ?? "",
            ContainerID = shown is null ? "" : "containerd://" + shown.Id,
            RestartCount = shown?.RestartCount ?? (memory.KnownRestarts.TryGetValue(spec.Name, out var known) ? known : 0),
            State = new ContainerState(),
        };
        if (spec.Kind == ContainerKind.Ephemeral)
        {
            status.Started = null;
        }
        else
        {
            status.Started = shown is not null && PodStatusBuilder.Started(spec, shown, memory);
        }

        SetState(pod, spec, seen, memory, status, shown, starting);
        status.Ready = Ready(spec, status, shown, memory);
        if (shown is { State: ContainerRunState.Running })
        {
            status.Resources = memory.Applied.GetValueOrDefault(shown.Id) ?? spec.Container.Resources;
            status.AllocatedResources = spec.Container.Resources.Requests;
            if (shown.User is { } user)
            {
                status.User = new ContainerUser { Linux = new LinuxContainerUser { Uid = user.Uid, Gid = user.Gid, SupplementalGroups = [.. user.Groups] } };
            }
        }

        foreach (var mount in spec.Container.VolumeMounts)
        {
            status.VolumeMounts.Add(new VolumeMountStatus
            {
                Name = mount.Name,
                MountPath = mount.MountPath,
                ReadOnly = mount.ReadOnly,
                RecursiveReadOnly = mount.ReadOnly ? mount.RecursiveReadOnly is "Enabled" or "IfPossible" ? mount.RecursiveReadOnly : "Disabled" : null,
            });
        }

        return status;
    }

    private static ObservedContainer? Ended(PodObservation seen, string name) =>
        seen.Containers.FirstOrDefault(c => c.Name == name && c.State == ContainerRunState.Exited);

    private static void SetState(
        PodView pod, ContainerSpec spec, PodObservation seen, WorkerMemory memory, ContainerStatus status, ObservedContainer? shown, bool starting)
    {
        var ending = pod.Deleting || memory.TerminalPhase is not null || memory.Failure is not null;
        switch (shown?.State)
        {
            case ContainerRunState.Running or ContainerRunState.Unknown:
                status.State.Running = new ContainerStateRunning { StartedAt = shown.StartedAt };
                if (Previous(seen, shown) is { } before)
                {
                    status.LastState = new ContainerState { Terminated = Terminated(before) };
                }

                return;
            case ContainerRunState.Exited when ending || !RestartRules.ShouldRestart(pod, spec, shown.ExitCode):
                status.State.Terminated = Terminated(shown);
                if (Previous(seen, shown) is { } earlier)
                {
                    status.LastState = new ContainerState { Terminated = Terminated(earlier) };
                }

                return;
            case ContainerRunState.Exited:
                if (WaitingFor(pod, spec, seen, memory, shown, starting) is { } reason)
                {
                    status.State.Waiting = reason;
                    status.LastState = new ContainerState { Terminated = Terminated(shown) };
                }
                else
                {
                    status.State.Terminated = Terminated(shown);
                    if (Previous(seen, shown) is { } previous)
                    {
                        status.LastState = new ContainerState { Terminated = Terminated(previous) };
                    }
                }

                return;
            case null when !starting && memory.KnownStatuses.TryGetValue(spec.Name, out var known):
                Lost(pod, spec, seen, memory, status, known, ending);
                return;
            default:
                status.State.Waiting = WaitingFor(pod, spec, seen, memory, null, starting) ?? Waiting(InitialReason(pod, spec), "");
                return;
        }
    }

    /// <summary>The API knew of an instance that the runtime has no more: its end is told as far as it is known.</summary>
    private static void Lost(
        PodView pod, ContainerSpec spec, PodObservation seen, WorkerMemory memory, ContainerStatus status, ContainerStatus known, bool ending)
    {
        var end = known.State.Terminated ?? new ContainerStateTerminated
        {
            ContainerID = known.ContainerID,
            ExitCode = 137,
            Reason = "ContainerStatusUnknown",
            Message = "The container could not be located when the pod was terminated",
            StartedAt = known.State.Running?.StartedAt,
        };
        if (ending || !RestartRules.ShouldRestart(pod, spec, end.ExitCode))
        {
            status.ContainerID = known.ContainerID;
            status.ImageID = known.ImageID;
            status.Image = known.Image;
            status.State.Terminated = end;
            status.LastState = known.LastState;
        }
        else
        {
            status.State.Waiting = WaitingFor(pod, spec, seen, memory, null, false) ?? Waiting(InitialReason(pod, spec), "");
            status.LastState = new ContainerState { Terminated = end };
        }
    }

    private static string InitialReason(PodView pod, ContainerSpec spec)
    {
        if (spec.Kind is ContainerKind.Ephemeral || pod.Init.Count == 0)
        {
            return "ContainerCreating";
        }

        // Init containers read so too, as upstream has it.
        return "PodInitializing";
    }

    private static ContainerStateWaiting? WaitingFor(
        PodView pod, ContainerSpec spec, PodObservation seen, WorkerMemory memory, ObservedContainer? crashed, bool starting)
    {
        if (memory.StartFailures.TryGetValue(spec.Name, out var failure))
        {
            return Waiting(failure.Reason, failure.Message);
        }

        if (memory.Images.TryGetValue(spec.Name, out var image) && !image.Ready)
        {
            return image.Reason == "ErrImagePull" && memory.Announced.TryGetValue(spec.Name, out var mark) && mark == "pull " + GoTime.Rfc3339Nano(image.FailedAt)
                ? Waiting("ImagePullBackOff", $"Back-off pulling image \"{spec.Container.Image}\": ErrImagePull: {image.Message}")
                : Waiting(image.Reason, image.Message);
        }

        if (crashed is not null && !starting && memory.Announced.TryGetValue(spec.Name, out var crash) && crash == crashed.Id)
        {
            var delay = memory.Restarts.DelayFor(spec.Name, crashed.FinishedAt ?? default);
            return Waiting("CrashLoopBackOff", $"back-off {GoTime.Duration(delay)} restarting failed container={spec.Name} pod={pod.FullName}");
        }

        return crashed is null && spec.Kind == ContainerKind.App && seen.ReadySandbox is not null
            && DependencyDecider.WaitsFor(pod, spec, seen, memory) is { } dependency && DependencyDecider.Initialised(pod, seen)
            ? Waiting("WaitingForDependency", dependency)
            : null;
    }

    private static ContainerStateWaiting Waiting(string reason, string message) => new() { Reason = reason, Message = message };

    private static ObservedContainer? Previous(PodObservation seen, ObservedContainer of) =>
        seen.Containers.FirstOrDefault(c => c.Name == of.Name && c.Id != of.Id && c.State == ContainerRunState.Exited && c.RestartCount <= of.RestartCount);

    private static ContainerStateTerminated Terminated(ObservedContainer container) => new()
    {
        ContainerID = "containerd://" + container.Id,
        ExitCode = container.ExitCode,
        Reason = container.Reason.Length > 0 ? container.Reason : container.ExitCode == 0 ? "Completed" : "Error",
        Message = container.Message,
        StartedAt = container.StartedAt ?? container.CreatedAt,
        FinishedAt = container.FinishedAt,
    };

    private static bool Ready(ContainerSpec spec, ContainerStatus status, ObservedContainer? shown, WorkerMemory memory)
    {
        if (spec.Kind == ContainerKind.Init)
        {
            return status.State.Terminated is { ExitCode: 0 };
        }

        if (spec.Kind == ContainerKind.Ephemeral || status.State.Running is null || shown is null || status.Started != true)
        {
            return false;
        }

        return spec.Container.ReadinessProbe is null || (memory.Probes.TryGetValue(shown.Id, out var probes) && probes.Readiness == true);
    }
}
