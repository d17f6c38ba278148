namespace Kobune.Kubelet.Pods.Decision;

/// <summary>
/// The heart of the kubelet: what to do for a Pod, given its object, what the runtime shows, the time and what the worker
/// remembers. Pure — it neither waits nor changes anything — and level-triggered: asked again after every change, it begins
/// only what is not in flight. Upstream's counterpart is computePodActions in kuberuntime.
/// </summary>
internal static class PodDecider
{
    public static PodDecision Decide(PodView pod, PodObservation seen, WorkerMemory memory, NodeFacts node, DateTimeOffset now)
    {
        var plan = new Plan(pod, seen, memory, now);
        var status = PodStatusBuilder.Build(pod, seen, memory, node, now);
        if (pod.Deleting || memory.TerminalPhase is not null || memory.Failure is not null || status.Phase is "Succeeded" or "Failed")
        {
            TerminationDecider.Decide(plan, status.Phase);
        }
        else if (!DeadlinePassed(plan))
        {
            Run(plan);
        }

        var done = plan.Terminated;
        return new PodDecision(plan.Actions, status, plan.WakeAt, done, done && pod.Gone);
    }

    private static bool DeadlinePassed(Plan plan)
    {
        if (plan.Pod.Pod.Spec.ActiveDeadlineSeconds is not { } seconds || plan.Memory.StartTime is not { } start)
        {
            return false;
        }

        var deadline = start + TimeSpan.FromSeconds(seconds);
        if (plan.Now < deadline)
        {
            plan.Wake(deadline);
            return false;
        }

        plan.Add(new FailPod("DeadlineExceeded", "Pod was active on the node longer than the specified deadline", Event: true));
        return true;
    }

    private static void Run(Plan plan)
    {
        Prune(plan);
        if (!AnythingLeftToRun(plan))
        {
            return;
        }

        Volumes(plan);
        Sandbox(plan);
        ResizeDecider.Decide(plan);
        if (InitDecider.Decide(plan))
        {
            foreach (var app in plan.Pod.Apps.Where(a => DependencyDecider.WaitsFor(plan.Pod, a, plan.Seen, plan.Memory) is null))
            {
                ContainerDecider.Keep(plan, app);
            }
        }

        if (plan.Pod.Apps.Select(a => DependencyDecider.Hopeless(plan.Pod, a, plan.Seen, plan.Memory)).FirstOrDefault(m => m is not null) is { } hopeless)
        {
            plan.Add(new FailPod("DependencyFailed", hopeless, Event: true));
        }

        foreach (var debug in plan.Pod.Ephemeral)
        {
            if (plan.Seen.ReadySandbox is not null && plan.Seen.Latest(debug.Name) is null)
            {
                ContainerDecider.TryStart(plan, debug, null);
            }
        }
    }

    private static void Volumes(Plan plan)
    {
        if (plan.Memory.VolumesReady)
        {
            return;
        }

        if (plan.Now < plan.Memory.VolumeRetryAt)
        {
            plan.Wake(plan.Memory.VolumeRetryAt);
            return;
        }

        plan.Add(new SetUpVolumes());
    }

    private static void Sandbox(Plan plan)
    {
        if (plan.Seen.ReadySandbox is not null)
        {
            return;
        }

        // A container that outlived its sandbox has no network any more; it cannot be kept.
        foreach (var stray in plan.Seen.Containers.Where(c => c.Alive))
        {
            ContainerDecider.Kill(plan, stray, "Pod sandbox changed, it will be killed and re-created.", plan.Pod.GraceSeconds(null));
        }

        if (plan.Seen.AnyAlive || (!plan.Memory.VolumesReady && plan.Memory.VolumeFailures > 0))
        {
            return;
        }

        if (plan.Now < plan.Memory.SandboxRetryAt)
        {
            plan.Wake(plan.Memory.SandboxRetryAt);
            return;
        }

        if (plan.Memory.Busy("sandbox"))
        {
            return;
        }

        // An address or host port of the old one may be wanted by the new one.
        if (plan.StopSandboxes())
        {
            return;
        }

        var last = plan.Seen.Sandboxes.Count > 0 ? plan.Seen.Sandboxes.Max(s => s.Attempt) : (uint?)null;
        plan.Add(new CreateSandbox(last is { } attempt ? attempt + 1 : 0, last is not null));
    }

    /// <summary>False when a lost sandbox need not come back, because no container would be started in it.</summary>
    private static bool AnythingLeftToRun(Plan plan)
    {
        if (plan.Seen.ReadySandbox is not null || plan.Seen.Containers.Count == 0 || plan.Seen.AnyAlive)
        {
            return true;
        }

        return plan.Pod.Apps.Any(app => plan.Seen.Latest(app.Name) is not { State: ContainerRunState.Exited } ended
            || RestartRules.ShouldRestart(plan.Pod, app, ended.ExitCode));
    }

    /// <summary>Keeps the newest and the one before of every container, and no empty dead sandbox.</summary>
    private static void Prune(Plan plan)
    {
        foreach (var group in plan.Seen.Containers.GroupBy(c => c.Name))
        {
            foreach (var old in group.Skip(2).Where(c => c.State == ContainerRunState.Exited))
            {
                plan.Add(new RemoveContainer(old.Id, old.Name, old.RestartCount));
            }
        }

        foreach (var old in plan.Seen.Sandboxes.Skip(plan.Seen.ReadySandbox is null ? 0 : 1))
        {
            if (plan.Memory.StoppedSandboxes.Contains(old.Id) && plan.Seen.Containers.All(c => c.SandboxId != old.Id) && plan.Seen.Sandboxes.Count > 1 && !ReferenceEquals(old, plan.Seen.Sandboxes[0]))
            {
                plan.Add(new RemoveSandbox(old.Id));
            }
        }
    }
}
