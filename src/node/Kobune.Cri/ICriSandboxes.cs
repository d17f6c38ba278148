using Kobune.Cri.V1;

namespace Kobune.Cri;

/// <summary>Pod sandboxes: the network and namespaces that a Pod's containers share.</summary>
public interface ICriSandboxes
{
    Task<RunPodSandboxResponse> RunPodSandboxAsync(RunPodSandboxRequest request, CancellationToken cancellation);

    /// <summary>Kills what runs inside and takes the network down; idempotent.</summary>
    Task StopPodSandboxAsync(string sandboxId, CancellationToken cancellation);

    /// <summary>Removes the sandbox and its containers; idempotent.</summary>
    Task RemovePodSandboxAsync(string sandboxId, CancellationToken cancellation);

    Task<PodSandboxStatusResponse> PodSandboxStatusAsync(string sandboxId, bool verbose, CancellationToken cancellation);

    Task<IReadOnlyList<PodSandbox>> ListPodSandboxAsync(PodSandboxFilter? filter, CancellationToken cancellation);

    /// <summary>Unimplemented before containerd 2.1.</summary>
    Task UpdatePodSandboxResourcesAsync(UpdatePodSandboxResourcesRequest request, CancellationToken cancellation);
}
