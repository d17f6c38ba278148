using Kobune.Api.Core.V1;

namespace Kobune.Kubelet.Pods.Decision;

/// <summary>Whether an app container may start for the first time, by the Pod's kobune.dev/depends-on. What runs already is not asked again.</summary>
internal static class DependencyDecider
{
    /// <summary>What the container still waits for, in words; null when nothing.</summary>
    public static string? WaitsFor(PodView pod, ContainerSpec spec, PodObservation seen, WorkerMemory memory)
    {
        if (seen.Latest(spec.Name) is not null || memory.Starting(spec.Name))
        {
            return null;
        }

        foreach (var need in pod.Dependencies.GetValueOrDefault(spec.Name) ?? [])
        {
            if (pod.Find(need.Container) is { } other && !Met(need, other, seen, memory))
            {
                return $"waiting for container \"{need.Container}\" to be {need.Condition.ToString().ToLowerInvariant()}";
            }
        }

        return null;
    }

    /// <summary>Why a container can never start any more; null when it can.</summary>
    public static string? Hopeless(PodView pod, ContainerSpec spec, PodObservation seen, WorkerMemory memory)
    {
        if (WaitsFor(pod, spec, seen, memory) is null)
        {
            return null;
        }

        foreach (var need in pod.Dependencies.GetValueOrDefault(spec.Name) ?? [])
        {
            if (pod.Find(need.Container) is { } other && !Met(need, other, seen, memory) && !memory.Starting(other.Name)
                && seen.Latest(other.Name) is { State: ContainerRunState.Exited } ended && !RestartRules.ShouldRestart(pod, other, ended.ExitCode))
            {
                return $"Container {spec.Name} waits for container {need.Container} to be {need.Condition.ToString().ToLowerInvariant()}, which ended with exit code {ended.ExitCode}";
            }
        }

        return null;
    }

    /// <summary>The init containers are through, and the sidecars run: only dependencies hold app containers back.</summary>
    public static bool Initialised(PodView pod, PodObservation seen) =>
        pod.Init.All(i => seen.Latest(i.Name) is { } last && (i.Kind == ContainerKind.Sidecar ? last.Alive : last is { State: ContainerRunState.Exited, ExitCode: 0 }));

    private static bool Met(ContainerDependency need, ContainerSpec other, PodObservation seen, WorkerMemory memory) => need.Condition switch
    {
        DependencyCondition.Completed => seen.Containers.Any(c => c.Name == other.Name && c is { State: ContainerRunState.Exited, ExitCode: 0 }),
        DependencyCondition.Healthy => seen.Latest(other.Name) is { } container && !memory.Starting(other.Name)
            && PodStatusBuilder.Started(other, container, memory)
            && (other.Container.ReadinessProbe is null || memory.Probes.GetValueOrDefault(container.Id)?.Readiness == true),
        _ => seen.Latest(other.Name) is { State: not ContainerRunState.Created } && !memory.Starting(other.Name),
    };
}
