using Kobune.Cri.V1;

namespace Kobune.Cri;

/// <summary>Containers inside a sandbox.</summary>
public interface ICriContainers
{
    Task<CreateContainerResponse> CreateContainerAsync(CreateContainerRequest request, CancellationToken cancellation);

    Task StartContainerAsync(string containerId, CancellationToken cancellation);

    /// <summary>Sends the stop signal, then SIGKILL after <paramref name="grace"/> (whole seconds; zero kills at once). Returns when it has exited.</summary>
    Task StopContainerAsync(string containerId, TimeSpan grace, CancellationToken cancellation);

    /// <summary>Removes the container, killing it if it runs; idempotent.</summary>
    Task RemoveContainerAsync(string containerId, CancellationToken cancellation);

    Task<IReadOnlyList<Container>> ListContainersAsync(ContainerFilter? filter, CancellationToken cancellation);

    Task<ContainerStatusResponse> ContainerStatusAsync(string containerId, bool verbose, CancellationToken cancellation);

    Task UpdateContainerResourcesAsync(UpdateContainerResourcesRequest request, CancellationToken cancellation);

    /// <summary>Makes the runtime reopen the log file after it was renamed away.</summary>
    Task ReopenContainerLogAsync(string containerId, CancellationToken cancellation);

    Task CheckpointContainerAsync(CheckpointContainerRequest request, CancellationToken cancellation);
}
