namespace Kobune.Kubelet.Pods.Decision;

/// <summary>Brings running containers to the resources they were granted: in place, or by a restart where their policy asks for one.</summary>
internal static class ResizeDecider
{
    public static void Decide(Plan plan)
    {
        var changes = new List<(string Id, string Container)>();
        foreach (var spec in plan.Pod.All.Where(Resize.Applies))
        {
            if (Outdated(plan.Pod, plan.Seen, plan.Memory, spec) is not { } container || plan.Memory.Kills.ContainsKey(container.Id))
            {
                continue;
            }

            if (Resize.NeedsRestart(spec, plan.Memory.Applied[container.Id]))
            {
                ContainerDecider.Kill(plan, container, $"Container {spec.Name} resize requires restart", plan.Pod.GraceSeconds(null));
            }
            else
            {
                changes.Add((container.Id, spec.Name));
            }
        }

        if (changes.Count == 0)
        {
            return;
        }

        if (plan.Now < plan.Memory.ResizeRetryAt)
        {
            plan.Wake(plan.Memory.ResizeRetryAt);
            return;
        }

        plan.Add(new ResizeContainers(changes));
    }

    /// <summary>True while a container runs with other resources than it was granted.</summary>
    public static bool InProgress(PodView pod, PodObservation seen, WorkerMemory memory) =>
        pod.All.Any(s => Resize.Applies(s) && Outdated(pod, seen, memory, s) is not null);

    private static ObservedContainer? Outdated(PodView pod, PodObservation seen, WorkerMemory memory, ContainerSpec spec) =>
        seen.Latest(spec.Name) is { State: ContainerRunState.Running } container && !memory.Starting(spec.Name)
        && memory.Applied.TryGetValue(container.Id, out var applied) && !Resize.Same(applied, spec.Container.Resources)
            ? container
            : null;
}
