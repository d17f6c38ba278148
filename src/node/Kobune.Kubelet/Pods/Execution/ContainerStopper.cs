using Kobune.Cri;
using Kobune.Cri.Grpc;
using Kobune.Kubelet.Hooks;
using Kobune.Kubelet.Pods.Decision;
using Kobune.Kubelet.Runtime;

namespace Kobune.Kubelet.Pods.Execution;

/// <summary>Runs preStop hooks and stops containers.</summary>
internal sealed class ContainerStopper(ICriRuntime runtime, RuntimeObserver observer, HookRunner hooks, PodEvents events, TimeProvider time)
{
    public async Task<Action<WorkerState>> PreStopAsync(PodView pod, RunPreStop action, PodObservation seen, CancellationToken stopping)
    {
        events.Container(pod, action.Container, "Normal", "Killing", action.Message);
        var spec = pod.Find(action.Container)!;
        using var limit = new CancellationTokenSource(action.Timeout > TimeSpan.Zero ? action.Timeout : TimeSpan.Zero, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, stopping);
        var addresses = seen.ReadySandbox?.Addresses ?? [];
        string? problem = null;
        try
        {
            problem = await hooks.RunAsync(spec.Container.Lifecycle!.PreStop!, spec, action.ContainerId, addresses, both.Token);
        }
        catch (OperationCanceledException) when (!stopping.IsCancellationRequested)
        {
            // The grace period is over; the container is stopped with its hook unfinished.
        }

        if (problem is not null)
        {
            events.Container(pod, spec, "Warning", "FailedPreStopHook", "PreStopHook failed");
        }

        return state =>
        {
            if (state.Memory.Kills.TryGetValue(action.ContainerId, out var kill))
            {
                kill.PreStop = HookState.Done;
            }
        };
    }

    public async Task<Action<WorkerState>> StopAsync(PodView pod, StopContainer action, PodObservation seen, CancellationToken stopping)
    {
        if (action.Announce)
        {
            events.Container(pod, action.Container, "Normal", "Killing", action.Message);
        }

        try
        {
            await runtime.StopContainerAsync(action.ContainerId, TimeSpan.FromSeconds(action.TimeoutSeconds), stopping);
        }
        catch (RpcException e) when (e.StatusCode != StatusCode.NotFound)
        {
            events.Container(pod, action.Container, "Warning", "FailedKillPod", $"error killing container: {e.Describe()}");
            await Task.Delay(TimeSpan.FromSeconds(1), time, stopping);
        }

        var sandbox = seen.Containers.FirstOrDefault(c => c.Id == action.ContainerId)?.SandboxId ?? "";
        var observed = await observer.ContainerAsync(action.ContainerId, sandbox, stopping);
        return state =>
        {
            if (observed is null)
            {
                state.RemoveContainer(action.ContainerId);
            }
            else
            {
                state.Put(observed);
            }
        };
    }
}
