using Kobune.Cri;
using Kobune.Cri.Grpc;
using Kobune.Kubelet.Formats;
using Kobune.Kubelet.Pods.Decision;
using V1 = Kobune.Cri.V1;

namespace Kobune.Kubelet.Runtime;

/// <summary>Reads from the runtime what decisions need to know.</summary>
internal sealed class RuntimeObserver(ICriRuntime runtime, TerminationMessages messages)
{
    /// <summary>Everything of one Pod.</summary>
    public async Task<PodObservation> PodAsync(string uid, CancellationToken cancellation)
    {
        var sandboxFilter = new V1.PodSandboxFilter();
        sandboxFilter.LabelSelector[RuntimeLabels.PodUid] = uid;
        var containerFilter = new V1.ContainerFilter();
        containerFilter.LabelSelector[RuntimeLabels.PodUid] = uid;
        var sandboxes = runtime.ListPodSandboxAsync(sandboxFilter, cancellation);
        var containers = runtime.ListContainersAsync(containerFilter, cancellation);
        var seenSandboxes = await Task.WhenAll((await sandboxes).Select(s => SandboxAsync(s.Id, cancellation)));
        var seenContainers = await Task.WhenAll((await containers).Select(c => ContainerAsync(c.Id, c.PodSandboxId, cancellation)));
        return new PodObservation(seenSandboxes.OfType<ObservedSandbox>(), seenContainers.OfType<ObservedContainer>());
    }

    /// <summary>Null when the runtime does not know it (any more).</summary>
    public async Task<ObservedSandbox?> SandboxAsync(string id, CancellationToken cancellation)
    {
        try
        {
            var status = (await runtime.PodSandboxStatusAsync(id, verbose: false, cancellation)).Status;
            var addresses = new List<string>();
            if (status.Network is { Ip.Length: > 0 } network)
            {
                addresses.Add(network.Ip);
                addresses.AddRange(network.AdditionalIps.Select(a => a.Ip));
            }

            return new ObservedSandbox(id, status.State == V1.PodSandboxState.SandboxReady, status.Metadata.Attempt, GoTime.FromUnixNano(status.CreatedAt), addresses);
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.NotFound)
        {
            return null;
        }
    }

    /// <summary>Null when the runtime does not know it (any more). The status does not name the sandbox, so callers do.</summary>
    public async Task<ObservedContainer?> ContainerAsync(string id, string sandboxId, CancellationToken cancellation)
    {
        V1.ContainerStatusResponse answer;
        try
        {
            answer = await runtime.ContainerStatusAsync(id, verbose: false, cancellation);
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.NotFound)
        {
            return null;
        }

        var status = answer.Status;
        var state = status.State switch
        {
            V1.ContainerState.ContainerCreated => ContainerRunState.Created,
            V1.ContainerState.ContainerRunning => ContainerRunState.Running,
            V1.ContainerState.ContainerExited => ContainerRunState.Exited,
            _ => ContainerRunState.Unknown,
        };
        return new ObservedContainer
        {
            Id = status.Id,
            Name = status.Metadata.Name,
            SandboxId = sandboxId,
            State = state,
            RestartCount = RuntimeLabels.ReadRestartCount(status.Annotations, status.Metadata.Attempt),
            CreatedAt = GoTime.FromUnixNano(status.CreatedAt),
            StartedAt = status.StartedAt > 0 ? GoTime.FromUnixNano(status.StartedAt) : null,
            FinishedAt = status.FinishedAt > 0 ? GoTime.FromUnixNano(status.FinishedAt) : null,
            ExitCode = status.ExitCode,
            Reason = status.Reason,
            Message = state == ContainerRunState.Exited ? messages.Read(status) : "",
            Image = status.Image?.UserSpecifiedImage is { Length: > 0 } given ? given : status.Image?.Image ?? "",
            ImageRef = status.ImageRef,
            Hash = status.Annotations.TryGetValue(RuntimeLabels.Hash, out var hash) ? hash : "",
            LogPath = status.LogPath,
            User = status.User?.Linux is { } user ? (user.Uid, user.Gid, [.. user.SupplementalGroups]) : null,
        };
    }
}
