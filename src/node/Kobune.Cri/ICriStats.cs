using Kobune.Cri.V1;

namespace Kobune.Cri;

/// <summary>CPU, memory and disk use as the runtime measures it.</summary>
public interface ICriStats
{
    Task<ContainerStats> ContainerStatsAsync(string containerId, CancellationToken cancellation);

    Task<IReadOnlyList<ContainerStats>> ListContainerStatsAsync(ContainerStatsFilter? filter, CancellationToken cancellation);

    Task<PodSandboxStats> PodSandboxStatsAsync(string sandboxId, CancellationToken cancellation);

    Task<IReadOnlyList<PodSandboxStats>> ListPodSandboxStatsAsync(PodSandboxStatsFilter? filter, CancellationToken cancellation);
}
