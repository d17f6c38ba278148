namespace Kobune.Kubelet.Pods.Decision;

/// <summary>Something for the executor to do. While it runs its key is in <see cref="WorkerMemory"/>, so that it is not begun twice.</summary>
internal abstract record PodAction
{
    public abstract string Key { get; }
}

internal sealed record SetUpVolumes : PodAction
{
    public override string Key => "volumes";
}

/// <summary>Volumes and cgroup; with <paramref name="Final"/> also the logs.</summary>
internal sealed record TearDownPod(bool Final) : PodAction
{
    public override string Key => "teardown";
}

internal sealed record CreateSandbox(uint Attempt, bool Changed) : PodAction
{
    public override string Key => "sandbox";
}

internal sealed record StopSandbox(string Id) : PodAction
{
    public override string Key => "stop-sandbox/" + Id;
}

internal sealed record RemoveSandbox(string Id) : PodAction
{
    public override string Key => "remove-sandbox/" + Id;
}

/// <summary>See that the image is there, pulling it as the policy says.</summary>
internal sealed record EnsureImage(string Container) : PodAction
{
    public override string Key => "image/" + Container;
}

/// <summary>Create and start a container and run its postStart hook. <paramref name="Crashed"/> is when the previous instance ended.</summary>
internal sealed record StartContainer(string Container, string SandboxId, int RestartCount, string ImageRef, ImageUser? ImageUser, DateTimeOffset? Crashed) : PodAction
{
    public override string Key => "start/" + Container;
}

/// <summary>Run the preStop hook; the container is stopped when it is done or <paramref name="Timeout"/> passed.</summary>
internal sealed record RunPreStop(string ContainerId, string Container, TimeSpan Timeout, string Message) : PodAction
{
    public override string Key => "prestop/" + ContainerId;
}

/// <summary>Signal a container; SIGKILL follows after <paramref name="TimeoutSeconds"/>.</summary>
internal sealed record StopContainer(string ContainerId, string Container, long TimeoutSeconds, string Message, bool Announce) : PodAction
{
    public override string Key => "stop/" + ContainerId;
}

/// <summary>Give running containers the resources that they have been granted.</summary>
internal sealed record ResizeContainers(IReadOnlyList<(string Id, string Container)> Containers) : PodAction
{
    public override string Key => "resize";
}

internal sealed record RemoveContainer(string ContainerId, string Container, int RestartCount) : PodAction
{
    public override string Key => "remove/" + ContainerId;
}

/// <summary>Emit the BackOff event, once per wait.</summary>
internal sealed record AnnounceBackOff(string Container, string Mark, string Message, bool ImagePull) : PodAction
{
    public override string Key => "announce/" + Container;
}

/// <summary>Decide for good that the Pod has failed (deadline, eviction); it is then terminated.</summary>
internal sealed record FailPod(string Reason, string Message, bool Event) : PodAction
{
    /// <summary>The kubelet ends a healthy Pod: its condition DisruptionTarget says so, and Jobs may ignore the failure.</summary>
    public bool Disruption { get; init; }

    public override string Key => "fail";
}

/// <summary>Write the last status and delete the API object; everything of the Pod is gone from the node.</summary>
internal sealed record DeletePodObject : PodAction
{
    public override string Key => "delete-object";
}

/// <summary>What to do now, what to tell the API, and when to look again if nothing happens.</summary>
internal sealed record PodDecision(
    IReadOnlyList<PodAction> Actions,
    Kobune.Api.Core.V1.PodStatus Status,
    DateTimeOffset? WakeAt,
    bool Terminated,
    bool Finished);
