using Kobune.Cri;
using Kobune.Cri.Grpc;
using Kobune.Kubelet.Configuration;
using Kobune.Kubelet.Hooks;
using Kobune.Kubelet.Pods.Decision;
using Kobune.Kubelet.Runtime;
using V1 = Kobune.Cri.V1;

namespace Kobune.Kubelet.Pods.Execution;

/// <summary>Creates and starts one container and runs its postStart hook.</summary>
internal sealed class ContainerStarter(
    ICriRuntime runtime, RuntimeObserver observer, ContainerConfigBuilder configs, SandboxConfigBuilder sandboxConfigs,
    HookRunner hooks, RuntimeIds ids, KubeletPaths paths, PodEvents events, TimeProvider time)
{
    /// <summary>Pause before a failed creation is tried again; upstream's is about as long.</summary>
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(10);

    public async Task<Action<WorkerState>> StartAsync(
        PodView pod, StartContainer action, PodObservation seen, CancellationToken running, CancellationToken stopping)
    {
        var spec = pod.Find(action.Container)!;
        V1.ContainerConfig config;
        var sandbox = seen.Sandboxes.First(s => s.Id == action.SandboxId);
        try
        {
            var target = spec.TargetContainerName.Length > 0 ? seen.Latest(spec.TargetContainerName)?.Id : null;
            config = await configs.BuildAsync(pod, spec, action.RestartCount, action.ImageRef, action.ImageUser, sandbox.Addresses, target, running);
        }
        catch (ConfigurationException e)
        {
            return Failed(pod, spec, "CreateContainerConfigError", e.Message);
        }

        string id;
        try
        {
            var request = new V1.CreateContainerRequest { PodSandboxId = action.SandboxId, Config = config, SandboxConfig = sandboxConfigs.Build(pod, sandbox.Attempt) };
            Directory.CreateDirectory(Path.Combine(request.SandboxConfig.LogDirectory, spec.Name));
            id = (await runtime.CreateContainerAsync(request, stopping)).ContainerId;
        }
        catch (RpcException e)
        {
            var failed = Failed(pod, spec, "CreateContainerError", e.Describe());
            return state =>
            {
                failed(state);
                // The image may be what went missing; it is looked for again.
                state.Memory.Images.Remove(spec.Name);
            };
        }

        ids.Add(id, pod.Uid);
        events.Container(pod, spec, "Normal", "Created", $"Created container: {spec.Name}");
        try
        {
            await runtime.StartContainerAsync(id, stopping);
        }
        catch (RpcException e)
        {
            var dead = await observer.ContainerAsync(id, action.SandboxId, stopping);
            var failed = Failed(pod, spec, "RunContainerError", e.Describe(), TimeSpan.Zero);
            return state =>
            {
                failed(state);
                Started(state, action, dead);
            };
        }

        events.Container(pod, spec, "Normal", "Started", $"Started container {spec.Name}");
        LinkLog(pod, spec.Name, action.RestartCount, id);
        var hookFailure = await PostStartAsync(pod, spec, id, sandbox, running, stopping);
        var observed = await observer.ContainerAsync(id, action.SandboxId, stopping);
        return state =>
        {
            state.Memory.StartFailures.Remove(spec.Name);
            state.Memory.Announced.Remove(spec.Name);
            Started(state, action, observed);
            if (hookFailure is not null)
            {
                state.Memory.StartFailures[spec.Name] = new StartFailure("PostStartHookError", hookFailure, default);
            }
        };
    }

    private static void Started(WorkerState state, StartContainer action, ObservedContainer? observed)
    {
        // The next start asks for the image again, as its policy may want.
        state.Memory.Images.Remove(action.Container);
        if (observed is not null)
        {
            state.Put(observed);
        }
    }

    private async Task<string?> PostStartAsync(
        PodView pod, ContainerSpec spec, string id, ObservedSandbox sandbox, CancellationToken running, CancellationToken stopping)
    {
        if (spec.Container.Lifecycle?.PostStart is not { } handler)
        {
            return null;
        }

        string? problem;
        try
        {
            problem = await hooks.RunAsync(handler, spec, id, sandbox.Addresses, running);
        }
        catch (OperationCanceledException) when (!stopping.IsCancellationRequested)
        {
            // The Pod is being ended; the container is there and will be stopped in order.
            return null;
        }

        if (problem is null)
        {
            return null;
        }

        events.Container(pod, spec, "Warning", "FailedPostStartHook", "PostStartHook failed");
        events.Container(pod, spec, "Normal", "Killing", "FailedPostStartHook");
        try
        {
            await runtime.StopContainerAsync(id, TimeSpan.FromSeconds(Math.Max(2, pod.GraceSeconds(null))), stopping);
        }
        catch (RpcException)
        {
            // It ended by itself.
        }

        return problem;
    }

    private Action<WorkerState> Failed(PodView pod, ContainerSpec spec, string reason, string message, TimeSpan? retry = null)
    {
        events.Container(pod, spec, "Warning", "Failed", $"Error: {message}");
        var now = time.GetUtcNow();
        return state => state.Memory.StartFailures[spec.Name] = new StartFailure(reason, message, now + (retry ?? Retry));
    }

    private void LinkLog(PodView pod, string container, int restartCount, string id)
    {
        if (paths.LogLink(pod.Name, pod.Namespace, container, id) is not { } link)
        {
            return;
        }

        var target = Path.Combine(paths.PodLogs(pod.Namespace, pod.Name, pod.Uid), KubeletPaths.ContainerLog(container, restartCount));
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(link)!);
            File.CreateSymbolicLink(link, target);
        }
        catch (IOException)
        {
            // The links are a convenience for log shippers; the log itself is where it belongs.
        }
    }
}
