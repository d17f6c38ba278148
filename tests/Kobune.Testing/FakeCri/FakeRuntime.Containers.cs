using System.Globalization;
using Kobune.Cri.Grpc;
using Kobune.Cri.V1;

namespace Kobune.Testing.FakeCri;

internal sealed partial class FakeRuntime
{
    private void RegisterContainers(GrpcMethods methods, FakeCallLog calls, string service) => methods
        .Serve(calls, service + "CreateContainer", CreateContainerRequest.Parser, CreateContainer)
        .Serve(calls, service + "StartContainer", StartContainerRequest.Parser, StartContainerAsync)
        .Serve(calls, service + "StopContainer", StopContainerRequest.Parser, StopContainerAsync)
        .Serve(calls, service + "RemoveContainer", RemoveContainerRequest.Parser, RemoveContainer)
        .Serve(calls, service + "ListContainers", ListContainersRequest.Parser, ListContainers)
        .Serve(calls, service + "ContainerStatus", ContainerStatusRequest.Parser, r =>
        {
            lock (_lock)
                return new ContainerStatusResponse { Status = Container(r.ContainerId).ToStatus() };
        })
        .Serve(calls, service + "UpdateContainerResources", UpdateContainerResourcesRequest.Parser, r =>
        {
            lock (_lock)
                Container(r.ContainerId).Resources = r.Linux;
            return new UpdateContainerResourcesResponse();
        })
        .Serve(calls, service + "ReopenContainerLog", ReopenContainerLogRequest.Parser, r =>
        {
            lock (_lock)
                File.AppendAllText(Container(r.ContainerId).LogPath, "");
            return new ReopenContainerLogResponse();
        });

    private CreateContainerResponse CreateContainer(CreateContainerRequest request)
    {
        Image image = images.Find(request.Config.Image.Image)
            ?? throw new RpcException(StatusCode.NotFound, $"failed to create containerd container: get image \"{request.Config.Image.Image}\": not found");
        FakeContainerBehavior behavior = script.ForContainer(request.Config, image.Spec.Image);
        if (behavior.CreateFailure is { } failure)
            throw failure.ToException();

        FakeContainer container;
        lock (_lock)
        {
            FakeSandbox sandbox = Sandbox(request.PodSandboxId);
            if (sandbox.State != PodSandboxState.SandboxReady)
                throw new RpcException(StatusCode.Unknown, $"sandbox container \"{sandbox.Id}\" is not running");
            container = new FakeContainer
            {
                Id = NextId(),
                SandboxId = sandbox.Id,
                Config = request.Config,
                ImageId = image.Id,
                Behavior = behavior,
                CreatedAt = Now(),
                LogPath = request.Config.LogPath == "" ? "" : Path.Combine(sandbox.Config.LogDirectory, request.Config.LogPath),
                Resources = request.Config.Linux?.Resources,
            };
            _containers.Add(container.Id, container);
        }
        Publish(container.Id, ContainerEventType.ContainerCreatedEvent);
        return new CreateContainerResponse { ContainerId = container.Id };
    }

    private async Task<StartContainerResponse> StartContainerAsync(StartContainerRequest request, CancellationToken cancellation)
    {
        FakeContainer container;
        lock (_lock)
            container = Container(request.ContainerId);
        FakeContainerBehavior behavior = container.Behavior;
        if (behavior.StartTime > TimeSpan.Zero)
            await Task.Delay(behavior.StartTime, time, cancellation);
        if (behavior.StartFailure is { } failure)
        {
            FailStart(container, failure);
            throw failure.ToException();
        }

        lock (_lock)
        {
            if (container.State != ContainerState.ContainerCreated)
                throw new RpcException(StatusCode.Unknown, $"container is in {container.State} state");
            container.State = ContainerState.ContainerRunning;
            container.StartedAt = Now();
            if (behavior.ExitAfter is { } life)
                container.ExitTimer = time.CreateTimer(_ => Exit(container.Id, behavior.ExitCode, behavior.ExitReason), null, life, Timeout.InfiniteTimeSpan);
        }
        WriteLog(container);
        Publish(container.Id, ContainerEventType.ContainerStartedEvent);
        return new StartContainerResponse();
    }

    // containerd leaves such a container exited with 128 and this reason.
    private void FailStart(FakeContainer container, FakeFailure failure)
    {
        lock (_lock)
        {
            container.State = ContainerState.ContainerExited;
            container.StartedAt = container.FinishedAt = Now();
            container.ExitCode = 128;
            container.Reason = "StartError";
        }
        container.Exited.TrySetResult();
        Publish(container.Id, ContainerEventType.ContainerStoppedEvent);
    }

    private async Task<StopContainerResponse> StopContainerAsync(StopContainerRequest request, CancellationToken cancellation)
    {
        FakeContainer? container;
        lock (_lock)
            container = _containers.GetValueOrDefault(request.ContainerId);
        if (container is not { State: ContainerState.ContainerRunning })
            return new StopContainerResponse();

        TimeSpan grace = TimeSpan.FromSeconds(request.Timeout);
        bool obeys = container.Behavior.StopTime is { } needs && needs <= grace && grace > TimeSpan.Zero;
        TimeSpan wait = obeys ? container.Behavior.StopTime!.Value : grace;
        if (wait > TimeSpan.Zero)
            await Task.WhenAny(container.Exited.Task, Task.Delay(wait, time, cancellation));
        cancellation.ThrowIfCancellationRequested();
        Exit(container.Id, obeys ? container.Behavior.ExitCode : 137, null);
        return new StopContainerResponse();
    }

    private RemoveContainerResponse RemoveContainer(RemoveContainerRequest request)
    {
        lock (_lock)
        {
            if (!_containers.ContainsKey(request.ContainerId))
                return new RemoveContainerResponse();
        }
        Exit(request.ContainerId, 137, null);
        Publish(request.ContainerId, ContainerEventType.ContainerDeletedEvent);
        lock (_lock)
            _containers.Remove(request.ContainerId);
        return new RemoveContainerResponse();
    }

    private ListContainersResponse ListContainers(ListContainersRequest request)
    {
        ContainerFilter? filter = request.Filter;
        lock (_lock)
        {
            return new ListContainersResponse
            {
                Containers =
                {
                    _containers.Values
                        .Where(c => filter is null
                            || ((filter.Id == "" || c.Id.StartsWith(filter.Id, StringComparison.Ordinal))
                                && (filter.PodSandboxId == "" || c.SandboxId == filter.PodSandboxId)
                                && (filter.State is null || c.State == filter.State.State)
                                && Matches(c.Config.Labels, filter.LabelSelector)))
                        .Select(c => c.ToListed()),
                },
            };
        }
    }

    // The log format of CRI: time, stream, F(ull) or P(artial), text.
    private void WriteLog(FakeContainer container)
    {
        if (container.LogPath == "")
            return;
        Directory.CreateDirectory(Path.GetDirectoryName(container.LogPath)!);
        string now = time.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'00Z'", CultureInfo.InvariantCulture);
        File.AppendAllLines(container.LogPath, container.Behavior.Output.Select(line => $"{now} stdout F {line}"));
    }
}
