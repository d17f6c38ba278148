using Kobune.Api.Core.V1;

namespace Kobune.Kubelet.Pods.Decision;

/// <summary>The part that a container plays in its Pod; each part has its own rules for start, restart and end.</summary>
internal enum ContainerKind
{
    /// <summary>Runs to completion before the next one starts.</summary>
    Init,
    /// <summary>An init container with restartPolicy Always: started in order, kept running, ended last.</summary>
    Sidecar,
    App,
    /// <summary>Added to a running Pod for debugging; never restarted.</summary>
    Ephemeral,
}

/// <summary>A container of a Pod with its kind; ephemeral containers are shown in the common shape.</summary>
internal sealed record ContainerSpec(Container Container, ContainerKind Kind, string TargetContainerName = "")
{
    public string Name => Container.Name;

    /// <summary>Identifies what cannot change without a new container; upstream restarts when name or image differ.</summary>
    public string Hash { get; } = Fnv.Hash32(Container.Name + "\0" + Container.Image).ToString("x8", null);

    /// <summary>Path in the Pod that events point at, as upstream writes it.</summary>
    public string FieldPath => Kind switch
    {
        ContainerKind.App => $"spec.containers{{{Name}}}",
        ContainerKind.Ephemeral => $"spec.ephemeralContainers{{{Name}}}",
        _ => $"spec.initContainers{{{Name}}}",
    };
}
