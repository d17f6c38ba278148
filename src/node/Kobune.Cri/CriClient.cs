using Google.Protobuf;
using Kobune.Cri.Grpc;
using Kobune.Cri.V1;

namespace Kobune.Cri;

/// <summary>
/// Both CRI services of one runtime socket. Calls that can only take long when something is wrong get
/// <see cref="Timeout"/>; pulls, stops and execs have the limits of their own meaning.
/// </summary>
public sealed class CriClient(GrpcChannel channel) : ICriRuntime, ICriImages
{
    private const string Runtime = "/runtime.v1.RuntimeService/";
    private const string ImageService = "/runtime.v1.ImageService/";

    /// <summary>The limit of ordinary calls; two minutes, as kubelets have it. Sandboxes get twice that, for slow CNI plug-ins.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(2);

    public Task<VersionResponse> VersionAsync(CancellationToken cancellation) =>
        CallAsync(Runtime + "Version", new VersionRequest { Version = "v1" }, VersionResponse.Parser, cancellation);

    public Task<StatusResponse> StatusAsync(bool verbose, CancellationToken cancellation) =>
        CallAsync(Runtime + "Status", new StatusRequest { Verbose = verbose }, StatusResponse.Parser, cancellation);

    public Task UpdateRuntimeConfigAsync(RuntimeConfig config, CancellationToken cancellation) =>
        CallAsync(Runtime + "UpdateRuntimeConfig", new UpdateRuntimeConfigRequest { RuntimeConfig = config }, UpdateRuntimeConfigResponse.Parser, cancellation);

    public Task<RuntimeConfigResponse> RuntimeConfigAsync(CancellationToken cancellation) =>
        CallAsync(Runtime + "RuntimeConfig", new RuntimeConfigRequest(), RuntimeConfigResponse.Parser, cancellation);

    public IAsyncEnumerable<ContainerEventResponse> GetContainerEventsAsync(CancellationToken cancellation) =>
        channel.StreamAsync(Runtime + "GetContainerEvents", new GetEventsRequest(), ContainerEventResponse.Parser, cancellation);

    public Task<RunPodSandboxResponse> RunPodSandboxAsync(RunPodSandboxRequest request, CancellationToken cancellation) =>
        channel.UnaryAsync(Runtime + "RunPodSandbox", request, RunPodSandboxResponse.Parser, Timeout * 2, cancellation);

    public Task StopPodSandboxAsync(string sandboxId, CancellationToken cancellation) =>
        channel.UnaryAsync(Runtime + "StopPodSandbox", new StopPodSandboxRequest { PodSandboxId = sandboxId }, StopPodSandboxResponse.Parser, Timeout * 2, cancellation);

    public Task RemovePodSandboxAsync(string sandboxId, CancellationToken cancellation) =>
        CallAsync(Runtime + "RemovePodSandbox", new RemovePodSandboxRequest { PodSandboxId = sandboxId }, RemovePodSandboxResponse.Parser, cancellation);

    public Task<PodSandboxStatusResponse> PodSandboxStatusAsync(string sandboxId, bool verbose, CancellationToken cancellation) =>
        CallAsync(Runtime + "PodSandboxStatus", new PodSandboxStatusRequest { PodSandboxId = sandboxId, Verbose = verbose }, PodSandboxStatusResponse.Parser, cancellation);

    public async Task<IReadOnlyList<PodSandbox>> ListPodSandboxAsync(PodSandboxFilter? filter, CancellationToken cancellation) =>
        (await CallAsync(Runtime + "ListPodSandbox", new ListPodSandboxRequest { Filter = filter }, ListPodSandboxResponse.Parser, cancellation).ConfigureAwait(false)).Items;

    public Task UpdatePodSandboxResourcesAsync(UpdatePodSandboxResourcesRequest request, CancellationToken cancellation) =>
        CallAsync(Runtime + "UpdatePodSandboxResources", request, UpdatePodSandboxResourcesResponse.Parser, cancellation);

    public Task<CreateContainerResponse> CreateContainerAsync(CreateContainerRequest request, CancellationToken cancellation) =>
        CallAsync(Runtime + "CreateContainer", request, CreateContainerResponse.Parser, cancellation);

    public Task StartContainerAsync(string containerId, CancellationToken cancellation) =>
        CallAsync(Runtime + "StartContainer", new StartContainerRequest { ContainerId = containerId }, StartContainerResponse.Parser, cancellation);

    public Task StopContainerAsync(string containerId, TimeSpan grace, CancellationToken cancellation) =>
        channel.UnaryAsync(
            Runtime + "StopContainer",
            new StopContainerRequest { ContainerId = containerId, Timeout = (long)Math.Ceiling(grace.TotalSeconds) },
            StopContainerResponse.Parser, Timeout + grace, cancellation);

    public Task RemoveContainerAsync(string containerId, CancellationToken cancellation) =>
        CallAsync(Runtime + "RemoveContainer", new RemoveContainerRequest { ContainerId = containerId }, RemoveContainerResponse.Parser, cancellation);

    public async Task<IReadOnlyList<Container>> ListContainersAsync(ContainerFilter? filter, CancellationToken cancellation) =>
        (await CallAsync(Runtime + "ListContainers", new ListContainersRequest { Filter = filter }, ListContainersResponse.Parser, cancellation).ConfigureAwait(false)).Containers;

    public Task<ContainerStatusResponse> ContainerStatusAsync(string containerId, bool verbose, CancellationToken cancellation) =>
        CallAsync(Runtime + "ContainerStatus", new ContainerStatusRequest { ContainerId = containerId, Verbose = verbose }, ContainerStatusResponse.Parser, cancellation);

    public Task UpdateContainerResourcesAsync(UpdateContainerResourcesRequest request, CancellationToken cancellation) =>
        CallAsync(Runtime + "UpdateContainerResources", request, UpdateContainerResourcesResponse.Parser, cancellation);

    public Task ReopenContainerLogAsync(string containerId, CancellationToken cancellation) =>
        CallAsync(Runtime + "ReopenContainerLog", new ReopenContainerLogRequest { ContainerId = containerId }, ReopenContainerLogResponse.Parser, cancellation);

    public Task CheckpointContainerAsync(CheckpointContainerRequest request, CancellationToken cancellation) =>
        channel.UnaryAsync(Runtime + "CheckpointContainer", request, CheckpointContainerResponse.Parser, Timeout + TimeSpan.FromSeconds(request.Timeout), cancellation);

    public Task<ExecSyncResponse> ExecSyncAsync(string containerId, IEnumerable<string> command, TimeSpan timeout, CancellationToken cancellation)
    {
        var request = new ExecSyncRequest { ContainerId = containerId, Timeout = (long)Math.Ceiling(timeout.TotalSeconds) };
        request.Cmd.Add(command);
        // The runtime keeps the limit itself; ours is only there for a runtime that does not.
        TimeSpan? limit = timeout > TimeSpan.Zero ? timeout + Timeout : null;
        return channel.UnaryAsync(Runtime + "ExecSync", request, ExecSyncResponse.Parser, limit, cancellation);
    }

    public async Task<string> ExecAsync(ExecRequest request, CancellationToken cancellation) =>
        (await CallAsync(Runtime + "Exec", request, ExecResponse.Parser, cancellation).ConfigureAwait(false)).Url;

    public async Task<string> AttachAsync(AttachRequest request, CancellationToken cancellation) =>
        (await CallAsync(Runtime + "Attach", request, AttachResponse.Parser, cancellation).ConfigureAwait(false)).Url;

    public async Task<string> PortForwardAsync(PortForwardRequest request, CancellationToken cancellation) =>
        (await CallAsync(Runtime + "PortForward", request, PortForwardResponse.Parser, cancellation).ConfigureAwait(false)).Url;

    public async Task<ContainerStats> ContainerStatsAsync(string containerId, CancellationToken cancellation) =>
        (await CallAsync(Runtime + "ContainerStats", new ContainerStatsRequest { ContainerId = containerId }, ContainerStatsResponse.Parser, cancellation).ConfigureAwait(false)).Stats;

    public async Task<IReadOnlyList<ContainerStats>> ListContainerStatsAsync(ContainerStatsFilter? filter, CancellationToken cancellation) =>
        (await CallAsync(Runtime + "ListContainerStats", new ListContainerStatsRequest { Filter = filter }, ListContainerStatsResponse.Parser, cancellation).ConfigureAwait(false)).Stats;

    public async Task<PodSandboxStats> PodSandboxStatsAsync(string sandboxId, CancellationToken cancellation) =>
        (await CallAsync(Runtime + "PodSandboxStats", new PodSandboxStatsRequest { PodSandboxId = sandboxId }, PodSandboxStatsResponse.Parser, cancellation).ConfigureAwait(false)).Stats;

    public async Task<IReadOnlyList<PodSandboxStats>> ListPodSandboxStatsAsync(PodSandboxStatsFilter? filter, CancellationToken cancellation) =>
        (await CallAsync(Runtime + "ListPodSandboxStats", new ListPodSandboxStatsRequest { Filter = filter }, ListPodSandboxStatsResponse.Parser, cancellation).ConfigureAwait(false)).Stats;

    public async Task<IReadOnlyList<Image>> ListImagesAsync(ImageFilter? filter, CancellationToken cancellation) =>
        (await CallAsync(ImageService + "ListImages", new ListImagesRequest { Filter = filter }, ListImagesResponse.Parser, cancellation).ConfigureAwait(false)).Images;

    public async Task<Image?> ImageStatusAsync(ImageSpec image, CancellationToken cancellation) =>
        (await CallAsync(ImageService + "ImageStatus", new ImageStatusRequest { Image = image }, ImageStatusResponse.Parser, cancellation).ConfigureAwait(false)).Image;

    public async Task<string> PullImageAsync(PullImageRequest request, CancellationToken cancellation) =>
        (await channel.UnaryAsync(ImageService + "PullImage", request, PullImageResponse.Parser, timeout: null, cancellation).ConfigureAwait(false)).ImageRef;

    public Task RemoveImageAsync(ImageSpec image, CancellationToken cancellation) =>
        CallAsync(ImageService + "RemoveImage", new RemoveImageRequest { Image = image }, RemoveImageResponse.Parser, cancellation);

    public Task<ImageFsInfoResponse> ImageFsInfoAsync(CancellationToken cancellation) =>
        CallAsync(ImageService + "ImageFsInfo", new ImageFsInfoRequest(), ImageFsInfoResponse.Parser, cancellation);

    private Task<T> CallAsync<T>(string method, IMessage request, MessageParser<T> parser, CancellationToken cancellation)
        where T : class, IMessage<T> => channel.UnaryAsync(method, request, parser, Timeout, cancellation);
}
