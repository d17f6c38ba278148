namespace Kobune.Kubelet.Pods.Decision;

/// <summary>
/// Ends a Pod: containers first (sidecars last, in reverse order), then the sandbox, then what the node holds for it, then —
/// when it is being deleted — the sandbox's remains and the object. A Pod that merely finished keeps its dead containers for their logs.
/// </summary>
internal static class TerminationDecider
{
    public static void Decide(Plan plan, string phase)
    {
        var memory = plan.Memory;
        var grace = plan.Pod.GraceSeconds(memory.GraceOverride);
        var start = memory.TerminationStart ?? plan.Now;
        var deadline = start + TimeSpan.FromSeconds(grace);
        if (memory.InFlight.Any(k => k.StartsWith("start/", StringComparison.Ordinal)) || memory.Busy("sandbox") || memory.Busy("volumes"))
        {
            // Their outcome decides what there is to end; the worker has told them to hurry.
            EndContainers(plan, grace, deadline);
            return;
        }

        if (EndContainers(plan, grace, deadline) || memory.Kills.Count > 0 && memory.InFlight.Any(k => k.StartsWith("prestop/", StringComparison.Ordinal)))
        {
            return;
        }

        if (plan.StopSandboxes())
        {
            return;
        }

        if (plan.Pod.Deleting)
        {
            Remove(plan);
        }
        else if (!memory.TornDown)
        {
            plan.Add(new TearDownPod(Final: false));
        }
        else
        {
            plan.Terminated = true;
        }
    }

    private static void Remove(Plan plan)
    {
        foreach (var sandbox in plan.Seen.Sandboxes)
        {
            plan.Add(new RemoveSandbox(sandbox.Id));
        }

        if (plan.Seen.Sandboxes.Count > 0)
        {
            return;
        }

        foreach (var stray in plan.Seen.Containers)
        {
            plan.Add(new RemoveContainer(stray.Id, stray.Name, stray.RestartCount));
        }

        if (plan.Seen.Containers.Count > 0)
        {
            return;
        }

        if (!plan.Memory.Erased)
        {
            plan.Add(new TearDownPod(Final: true));
            return;
        }

        plan.Terminated = true;
        if (!plan.Pod.Gone && !plan.Memory.ObjectDeleted)
        {
            plan.Add(new DeletePodObject());
        }
    }

    /// <summary>True while a container lives.</summary>
    private static bool EndContainers(Plan plan, long grace, DateTimeOffset deadline)
    {
        var alive = plan.Seen.Containers.Where(c => c.Alive || c.State == ContainerRunState.Created && plan.Memory.Starting(c.Name)).ToArray();
        var sidecars = plan.Pod.Init.Where(s => s.Kind == ContainerKind.Sidecar).Select(s => s.Name).ToList();
        var ordinary = alive.Where(c => !sidecars.Contains(c.Name)).ToArray();
        foreach (var container in ordinary.Where(c => c.Alive))
        {
            ContainerDecider.Kill(plan, container, "", grace, deadline);
        }

        if (ordinary.Length > 0 && plan.Now < deadline)
        {
            if (sidecars.Count > 0)
            {
                plan.Wake(deadline);
            }

            return true;
        }

        for (var i = sidecars.Count - 1; i >= 0; i--)
        {
            var instances = alive.Where(c => c.Alive && c.Name == sidecars[i]).ToArray();
            foreach (var sidecar in instances)
            {
                ContainerDecider.Kill(plan, sidecar, "", grace, deadline);
            }

            if (instances.Length > 0 && plan.Now < deadline)
            {
                plan.Wake(deadline);
                return true;
            }
        }

        return alive.Any(c => c.Alive);
    }
}
