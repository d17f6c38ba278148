using Kobune.Api.Core.V1;

namespace Kobune.Kubelet.Pods.Decision;

/// <summary>A revision of a Pod prepared for deciding: its containers in order, with their kinds.</summary>
internal sealed class PodView
{
    public PodView(Pod pod, bool gone = false)
    {
        Pod = pod;
        Gone = gone;
        Init = pod.Spec.InitContainers
            .Select(c => new ContainerSpec(c, c.RestartPolicy == "Always" ? ContainerKind.Sidecar : ContainerKind.Init)).ToArray();
        Apps = pod.Spec.Containers.Select(c => new ContainerSpec(c, ContainerKind.App)).ToArray();
        Ephemeral = pod.Spec.EphemeralContainers
            .Select(e => new ContainerSpec(EphemeralContainers.ToContainer(e), ContainerKind.Ephemeral, e.TargetContainerName)).ToArray();
        All = [.. Init, .. Apps, .. Ephemeral];
        Dependencies = DependenciesOf(pod);
    }

    public Pod Pod { get; }

    /// <summary>The object is no longer in the API: end everything, write nothing.</summary>
    public bool Gone { get; }

    public IReadOnlyList<ContainerSpec> Init { get; }
    public IReadOnlyList<ContainerSpec> Apps { get; }
    public IReadOnlyList<ContainerSpec> Ephemeral { get; }
    public IReadOnlyList<ContainerSpec> All { get; }

    /// <summary>Start order among app containers, by container (our own extension).</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<ContainerDependency>> Dependencies { get; }

    public string Name => Pod.Metadata.Name;
    public string Namespace => Pod.Metadata.Namespace;
    public string Uid => Pod.Metadata.Uid;
    public string RestartPolicy => Pod.Spec.RestartPolicy.Length == 0 ? "Always" : Pod.Spec.RestartPolicy;
    public bool Deleting => Gone || Pod.Metadata.DeletionTimestamp is not null;

    /// <summary>name_namespace(uid), the form that upstream's messages use.</summary>
    public string FullName => $"{Name}_{Namespace}({Uid})";

    public ContainerSpec? Find(string name)
    {
        foreach (var spec in All)
        {
            if (spec.Name == name)
            {
                return spec;
            }
        }

        return null;
    }

    /// <summary>The API refuses what cannot be read; a Pod that got past it starts without an order.</summary>
    private static IReadOnlyDictionary<string, IReadOnlyList<ContainerDependency>> DependenciesOf(Pod pod)
    {
        try
        {
            return ContainerDependencies.Of(pod.Metadata.Annotations);
        }
        catch (FormatException)
        {
            return new Dictionary<string, IReadOnlyList<ContainerDependency>>();
        }
    }

    /// <summary>Seconds between the first signal and the last, for a termination that starts now.</summary>
    public long GraceSeconds(long? overriding) =>
        Math.Max(0, (Deleting ? Pod.Metadata.DeletionGracePeriodSeconds : null) ?? overriding ?? Pod.Spec.TerminationGracePeriodSeconds ?? 30);
}
