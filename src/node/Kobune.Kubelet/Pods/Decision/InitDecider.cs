namespace Kobune.Kubelet.Pods.Decision;

/// <summary>Init containers in order; sidecars among them gate the next one on having started, and are kept running.</summary>
internal static class InitDecider
{
    /// <summary>True when the app containers may run.</summary>
    public static bool Decide(Plan plan)
    {
        // Once an app container exists the Pod is initialised for good, even if someone removed the dead init containers.
        var initialised = plan.Pod.Apps.Any(a => plan.Current(a.Name) is not null || plan.Memory.Starting(a.Name));
        foreach (var spec in plan.Pod.Init)
        {
            var passed = spec.Kind == ContainerKind.Sidecar ? Sidecar(plan, spec) : initialised || Ordinary(plan, spec);
            if (!passed && !initialised)
            {
                return false;
            }
        }

        return true;
    }

    private static bool Sidecar(Plan plan, ContainerSpec spec)
    {
        ContainerDecider.Keep(plan, spec);
        return plan.Current(spec.Name) is { State: ContainerRunState.Running } running
            && !plan.Memory.Starting(spec.Name)
            && PodStatusBuilder.Started(spec, running, plan.Memory);
    }

    private static bool Ordinary(Plan plan, ContainerSpec spec)
    {
        var current = plan.Current(spec.Name);
        if (current is { State: ContainerRunState.Exited, ExitCode: 0 } && !plan.Memory.Starting(spec.Name))
        {
            return true;
        }

        ContainerDecider.Keep(plan, spec);
        return false;
    }
}
