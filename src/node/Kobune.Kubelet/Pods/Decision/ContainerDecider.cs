using Kobune.Kubelet.Formats;

namespace Kobune.Kubelet.Pods.Decision;

/// <summary>Keeps one container as it should be: started, restarted after its back-off, or killed when its probes say so.</summary>
internal static class ContainerDecider
{
    public static void Keep(Plan plan, ContainerSpec spec)
    {
        if (plan.Memory.Starting(spec.Name))
        {
            return;
        }

        var current = plan.Current(spec.Name);
        switch (current?.State)
        {
            case ContainerRunState.Running or ContainerRunState.Unknown:
                Watch(plan, spec, current);
                break;
            case ContainerRunState.Created:
                // Left over from a start that was interrupted: make room for a new one under the same name.
                plan.Add(new RemoveContainer(current.Id, current.Name, current.RestartCount));
                break;
            default:
                var last = current ?? plan.Seen.Latest(spec.Name);
                if (last is not { State: ContainerRunState.Exited })
                {
                    TryStart(plan, spec, null);
                }
                else if (RestartRules.ShouldRestart(plan.Pod, spec, last.ExitCode) || (current is null && spec.Kind == ContainerKind.Init))
                {
                    TryStart(plan, spec, last);
                }

                break;
        }
    }

    private static void Watch(Plan plan, ContainerSpec spec, ObservedContainer container)
    {
        var grace = plan.Pod.GraceSeconds(null);
        if (plan.Memory.Kills.ContainsKey(container.Id))
        {
            Kill(plan, container, "", grace);
            return;
        }

        if (spec.Kind != ContainerKind.Ephemeral && container.Hash.Length > 0 && container.Hash != spec.Hash)
        {
            Kill(plan, container, $"Container {spec.Name} definition changed, will be restarted", grace);
            return;
        }

        if (!plan.Memory.Probes.TryGetValue(container.Id, out var probes))
        {
            return;
        }

        var restarts = RestartRules.ShouldRestart(plan.Pod, spec, 137) ? ", will be restarted" : "";
        if (probes.Startup == false)
        {
            Kill(plan, container, $"Container {spec.Name} failed startup probe{restarts}",
                spec.Container.StartupProbe?.TerminationGracePeriodSeconds ?? grace);
        }
        else if (probes.Liveness == false)
        {
            Kill(plan, container, $"Container {spec.Name} failed liveness probe{restarts}",
                spec.Container.LivenessProbe?.TerminationGracePeriodSeconds ?? grace);
        }
    }

    /// <summary>Starts a container when its back-off, image, volumes and sandbox allow it; begins what is missing of them.</summary>
    public static void TryStart(Plan plan, ContainerSpec spec, ObservedContainer? crashed)
    {
        var memory = plan.Memory;
        if (memory.Starting(spec.Name) || WaitsForRestart(plan, spec, crashed) || !ImageReady(plan, spec, out var image))
        {
            return;
        }

        if (memory.StartFailures.TryGetValue(spec.Name, out var failure) && plan.Now < failure.RetryAt)
        {
            plan.Wake(failure.RetryAt);
            return;
        }

        if (memory.VolumesReady && plan.Seen.ReadySandbox is { } sandbox && !memory.Busy("sandbox"))
        {
            var last = plan.Seen.Latest(spec.Name);
            var count = last is not null ? last.RestartCount + 1 : memory.KnownRestarts.TryGetValue(spec.Name, out var known) ? known + 1 : 0;
            plan.Add(new StartContainer(spec.Name, sandbox.Id, count, image.ImageRef!, image.User, crashed?.FinishedAt));
        }
    }

    private static bool WaitsForRestart(Plan plan, ContainerSpec spec, ObservedContainer? crashed)
    {
        if (RestartAt(plan.Memory, spec, crashed) is not { } at || plan.Now >= at)
        {
            return false;
        }

        plan.Wake(at);
        if (!plan.Memory.Announced.TryGetValue(spec.Name, out var mark) || mark != crashed!.Id)
        {
            plan.Add(new AnnounceBackOff(spec.Name, crashed!.Id,
                $"Back-off restarting failed container {spec.Name} in pod {plan.Pod.FullName}", ImagePull: false));
        }

        return true;
    }

    /// <summary>When the back-off of an ended container is over; null when it has none.</summary>
    public static DateTimeOffset? RestartAt(WorkerMemory memory, ContainerSpec spec, ObservedContainer? crashed)
    {
        if (crashed?.FinishedAt is not { } finished)
        {
            return null;
        }

        var delay = memory.Restarts.DelayFor(spec.Name, finished);
        return delay == TimeSpan.Zero ? null : finished + delay;
    }

    private static bool ImageReady(Plan plan, ContainerSpec spec, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out ImageOutcome? image)
    {
        if (plan.Memory.Images.TryGetValue(spec.Name, out image))
        {
            if (image.Ready)
            {
                return true;
            }

            if (plan.Now < image.RetryAt)
            {
                WaitForPull(plan, spec, image);
                return false;
            }
        }

        if (plan.Memory.VolumesReady || plan.Memory.VolumeFailures == 0)
        {
            plan.Add(new EnsureImage(spec.Name));
        }

        return false;
    }

    /// <summary>The error of a pull stays in view for a moment before the state becomes the back-off, as users know it.</summary>
    public static readonly TimeSpan PullErrorShown = TimeSpan.FromSeconds(2);

    private static void WaitForPull(Plan plan, ContainerSpec spec, ImageOutcome outcome)
    {
        plan.Wake(outcome.RetryAt);
        if (outcome.Reason != "ErrImagePull")
        {
            return;
        }

        var shown = outcome.FailedAt + PullErrorShown;
        if (plan.Now < shown)
        {
            plan.Wake(shown);
            return;
        }

        var mark = "pull " + GoTime.Rfc3339Nano(outcome.FailedAt);
        if (!plan.Memory.Announced.TryGetValue(spec.Name, out var announced) || announced != mark)
        {
            plan.Add(new AnnounceBackOff(spec.Name, mark,
                $"Back-off pulling image \"{spec.Container.Image}\": ErrImagePull: {outcome.Message}", ImagePull: true));
        }
    }

    /// <summary>preStop, then the stop signal, then — by the runtime — SIGKILL, all within <paramref name="graceSeconds"/>.</summary>
    public static void Kill(Plan plan, ObservedContainer container, string message, long graceSeconds, DateTimeOffset? deadline = null)
    {
        var memory = plan.Memory;
        memory.Kills.TryGetValue(container.Id, out var kill);
        graceSeconds = kill?.GraceSeconds ?? graceSeconds;
        var end = deadline ?? (kill?.RequestedAt ?? plan.Now) + TimeSpan.FromSeconds(graceSeconds);
        var text = message.Length > 0 ? message : $"Stopping container {container.Name}";
        var hook = plan.Pod.Find(container.Name)?.Container.Lifecycle?.PreStop;
        if (hook is not null && graceSeconds > 0 && kill?.StopDeadline is null)
        {
            if (kill is null or { PreStop: HookState.NotRun })
            {
                plan.Add(new RunPreStop(container.Id, container.Name, end - plan.Now, text));
                return;
            }

            if (kill.PreStop == HookState.Running && plan.Now < end)
            {
                plan.Wake(end);
                return;
            }
        }

        // The runtime always gets a small window, so that a process can answer its signal even after a long hook.
        var seconds = Math.Max(2, (long)Math.Ceiling((end - plan.Now).TotalSeconds));
        var killAt = plan.Now + TimeSpan.FromSeconds(seconds);
        if (kill?.StopDeadline is not { } issued)
        {
            plan.Add(new StopContainer(container.Id, container.Name, seconds, text, Announce: kill is null));
        }
        else if (issued - killAt > TimeSpan.FromSeconds(1))
        {
            // The grace period was shortened meanwhile (a second, more urgent deletion): a second stop overtakes the first.
            plan.Actions.Add(new StopContainer(container.Id, container.Name, seconds, text, Announce: false));
        }
        else if (!memory.Busy("stop/" + container.Id))
        {
            if (plan.Now >= issued)
            {
                plan.Add(new StopContainer(container.Id, container.Name, 2, text, Announce: false));
            }
            else
            {
                plan.Wake(issued);
            }
        }
    }
}
