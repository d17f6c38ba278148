using Kobune.Cri.Grpc;
using Kobune.Cri.V1;

namespace Kobune.Testing.FakeCri;

internal sealed partial class FakeRuntime
{
    private int _addresses = 1;

    private void RegisterSandboxes(GrpcMethods methods, FakeCallLog calls, string service) => methods
        .Serve(calls, service + "RunPodSandbox", RunPodSandboxRequest.Parser, RunSandboxAsync)
        .Serve(calls, service + "StopPodSandbox", StopPodSandboxRequest.Parser, StopSandbox)
        .Serve(calls, service + "RemovePodSandbox", RemovePodSandboxRequest.Parser, RemoveSandbox)
        .Serve(calls, service + "PodSandboxStatus", PodSandboxStatusRequest.Parser, SandboxStatus)
        .Serve(calls, service + "ListPodSandbox", ListPodSandboxRequest.Parser, ListSandboxes)
        .Serve(calls, service + "UpdatePodSandboxResources", UpdatePodSandboxResourcesRequest.Parser, r =>
        {
            lock (_lock)
                Sandbox(r.PodSandboxId);
            return new UpdatePodSandboxResourcesResponse();
        });

    private async Task<RunPodSandboxResponse> RunSandboxAsync(RunPodSandboxRequest request, CancellationToken cancellation)
    {
        FakeSandboxBehavior behavior = script.ForSandbox(request.Config.Metadata.Name);
        if (behavior.RunTime > TimeSpan.Zero)
            await Task.Delay(behavior.RunTime, time, cancellation);
        if (behavior.RunFailure is { } failure)
            throw failure.ToException();

        bool hostNetwork = request.Config.Linux?.SecurityContext?.NamespaceOptions?.Network == NamespaceMode.Node;
        int address = Interlocked.Increment(ref _addresses);
        var sandbox = new FakeSandbox
        {
            Id = NextId(),
            Config = request.Config,
            RuntimeHandler = request.RuntimeHandler,
            CreatedAt = Now(),
            IPs = behavior.IPs ?? (hostNetwork ? [] : [$"10.88.{address >> 8}.{address & 255}"]),
        };
        lock (_lock)
        {
            // containerd reserves the name made of these four, and refuses a second sandbox of that name.
            PodSandboxMetadata wanted = request.Config.Metadata;
            if (_sandboxes.Values.FirstOrDefault(s => s.Config.Metadata.Equals(wanted)) is { } same)
                throw new RpcException(StatusCode.Unknown, $"failed to reserve sandbox name \"{wanted.Name}_{wanted.Namespace}_{wanted.Uid}_{wanted.Attempt}\": name is reserved for \"{same.Id}\"");
            _sandboxes.Add(sandbox.Id, sandbox);
        }
        Publish(sandbox.Id, ContainerEventType.ContainerCreatedEvent);
        Publish(sandbox.Id, ContainerEventType.ContainerStartedEvent);
        return new RunPodSandboxResponse { PodSandboxId = sandbox.Id };
    }

    private StopPodSandboxResponse StopSandbox(StopPodSandboxRequest request)
    {
        List<string> running;
        lock (_lock)
        {
            if (!_sandboxes.TryGetValue(request.PodSandboxId, out FakeSandbox? sandbox))
                return new StopPodSandboxResponse();
            if (script.ForSandbox(sandbox.Config.Metadata.Name).StopFailure is { } failure)
                throw failure.ToException();
            running = [.. _containers.Values.Where(c => c.SandboxId == sandbox.Id).Select(c => c.Id)];
        }
        running.ForEach(id => Exit(id, 137, null));
        KillSandbox(request.PodSandboxId);
        return new StopPodSandboxResponse();
    }

    private RemovePodSandboxResponse RemoveSandbox(RemovePodSandboxRequest request)
    {
        StopSandbox(new StopPodSandboxRequest { PodSandboxId = request.PodSandboxId });
        List<string> removed;
        lock (_lock)
        {
            removed = [.. _containers.Values.Where(c => c.SandboxId == request.PodSandboxId).Select(c => c.Id)];
            removed.ForEach(id => _containers.Remove(id));
            if (_sandboxes.Remove(request.PodSandboxId))
                removed.Add(request.PodSandboxId);
        }
        removed.ForEach(id => Publish(id, ContainerEventType.ContainerDeletedEvent));
        return new RemovePodSandboxResponse();
    }

    private PodSandboxStatusResponse SandboxStatus(PodSandboxStatusRequest request)
    {
        lock (_lock)
        {
            FakeSandbox sandbox = Sandbox(request.PodSandboxId);
            return new PodSandboxStatusResponse
            {
                Status = sandbox.ToStatus(),
                ContainersStatuses = { _containers.Values.Where(c => c.SandboxId == sandbox.Id).Select(c => c.ToStatus()) },
                Timestamp = Now(),
            };
        }
    }

    private ListPodSandboxResponse ListSandboxes(ListPodSandboxRequest request)
    {
        PodSandboxFilter? filter = request.Filter;
        lock (_lock)
        {
            return new ListPodSandboxResponse
            {
                Items =
                {
                    _sandboxes.Values
                        .Where(s => filter is null
                            || ((filter.Id == "" || s.Id.StartsWith(filter.Id, StringComparison.Ordinal))
                                && (filter.State is null || s.State == filter.State.State)
                                && Matches(s.Config.Labels, filter.LabelSelector)))
                        .Select(s => s.ToListed()),
                },
            };
        }
    }
}
