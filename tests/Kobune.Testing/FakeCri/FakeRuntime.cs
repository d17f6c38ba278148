using Kobune.Cri.Grpc;
using Kobune.Cri.V1;

namespace Kobune.Testing.FakeCri;

/// <summary>runtime.v1.RuntimeService in memory: registration, state, and what the clock makes happen.</summary>
internal sealed partial class FakeRuntime(FakeCriScript script, FakeImages images, FakeEvents events, TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, FakeSandbox> _sandboxes = [];
    private readonly Dictionary<string, FakeContainer> _containers = [];
    private int _ids;

    internal bool NetworkReady { get; set; } = true;

    internal Func<string, string, string> StreamingUrl { get; set; } = (kind, id) => $"http://127.0.0.1:1/{kind}/{id}";

    internal IReadOnlyList<ContainerStatus> Containers
    {
        get
        {
            lock (_lock)
                return [.. _containers.Values.Select(c => c.ToStatus())];
        }
    }

    internal IReadOnlyList<PodSandboxStatus> Sandboxes
    {
        get
        {
            lock (_lock)
                return [.. _sandboxes.Values.Select(s => s.ToStatus())];
        }
    }

    internal void Register(GrpcMethods methods, FakeCallLog calls)
    {
        const string service = "/runtime.v1.RuntimeService/";
        methods.Serve(calls, service + "Version", VersionRequest.Parser, _ => new VersionResponse
        {
            Version = "0.1.0",
            RuntimeName = "fake",
            RuntimeVersion = "1.0.0",
            RuntimeApiVersion = "v1",
        })
            .Serve(calls, service + "Status", StatusRequest.Parser, Status)
            .Serve(calls, service + "UpdateRuntimeConfig", UpdateRuntimeConfigRequest.Parser, _ => new UpdateRuntimeConfigResponse())
            .Serve(calls, service + "RuntimeConfig", RuntimeConfigRequest.Parser, _ => new RuntimeConfigResponse
            {
                Linux = new LinuxRuntimeConfiguration { CgroupDriver = CgroupDriver.Cgroupfs },
            })
            .Stream<GetEventsRequest, ContainerEventResponse>(service + "GetContainerEvents", GetEventsRequest.Parser, (request, cancellation) =>
            {
                calls.Add("GetContainerEvents", request);
                return events.SubscribeAsync(cancellation);
            });
        RegisterSandboxes(methods, calls, service);
        RegisterContainers(methods, calls, service);
        RegisterStreaming(methods, calls, service);
    }

    internal void Exit(string containerId, int exitCode, string? reason)
    {
        FakeContainer container;
        lock (_lock)
        {
            container = Container(containerId);
            if (container.State != ContainerState.ContainerRunning)
                return;
            container.State = ContainerState.ContainerExited;
            container.FinishedAt = Now();
            container.ExitCode = exitCode;
            container.Reason = reason ?? (exitCode == 0 ? "Completed" : "Error");
            container.ExitTimer?.Dispose();
            container.ExitTimer = null;
        }
        container.Exited.TrySetResult();
        Publish(containerId, ContainerEventType.ContainerStoppedEvent);
    }

    internal void KillSandbox(string sandboxId)
    {
        lock (_lock)
            Sandbox(sandboxId).State = PodSandboxState.SandboxNotready;
        Publish(sandboxId, ContainerEventType.ContainerStoppedEvent);
    }

    private StatusResponse Status(StatusRequest request) => new()
    {
        Status = new RuntimeStatus
        {
            Conditions =
            {
                new RuntimeCondition { Type = "RuntimeReady", Status = true },
                NetworkReady
                    ? new RuntimeCondition { Type = "NetworkReady", Status = true }
                    : new RuntimeCondition
                    {
                        Type = "NetworkReady",
                        Reason = "NetworkPluginNotReady",
                        Message = "Network plugin returns error: cni plugin not initialized",
                    },
            },
        },
        RuntimeHandlers = { new RuntimeHandler { Name = "", Features = new RuntimeHandlerFeatures() } },
        Features = new RuntimeFeatures { SupplementalGroupsPolicy = true },
    };

    private void Publish(string id, ContainerEventType type)
    {
        var e = new ContainerEventResponse { ContainerId = id, ContainerEventType = type, CreatedAt = Now() };
        lock (_lock)
        {
            string sandboxId = _containers.GetValueOrDefault(id)?.SandboxId ?? id;
            e.PodSandboxStatus = _sandboxes.GetValueOrDefault(sandboxId)?.ToStatus();
            e.ContainersStatuses.Add(_containers.Values.Where(c => c.SandboxId == sandboxId).Select(c => c.ToStatus()));
        }
        events.Publish(e);
    }

    /// <summary>Nanoseconds, as CRI has them.</summary>
    private long Now() => (time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * 100;

    private string NextId() => Interlocked.Increment(ref _ids).ToString("x64", System.Globalization.CultureInfo.InvariantCulture);

    private FakeSandbox Sandbox(string id) => _sandboxes.GetValueOrDefault(id)
        ?? throw new RpcException(StatusCode.NotFound, $"an error occurred when try to find sandbox: not found: \"{id}\"");

    private FakeContainer Container(string id) => _containers.GetValueOrDefault(id)
        ?? throw new RpcException(StatusCode.NotFound, $"an error occurred when try to find container \"{id}\": not found");

    private static bool Matches(IDictionary<string, string> labels, IDictionary<string, string>? selector) =>
        selector is null || selector.All(s => labels.TryGetValue(s.Key, out string? value) && value == s.Value);
}
