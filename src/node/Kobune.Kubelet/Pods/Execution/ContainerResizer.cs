using Kobune.Cri;
using Kobune.Cri.Grpc;
using Kobune.Kubelet.Pods.Decision;
using Kobune.Kubelet.Resources;
using Kobune.Kubelet.Runtime;
using V1 = Kobune.Cri.V1;

namespace Kobune.Kubelet.Pods.Execution;

/// <summary>
/// Changes the cgroups of running containers. The Pod's own cgroup is widened first and narrowed last, so that at no time it
/// allows less than its containers.
/// </summary>
internal sealed class ContainerResizer(ICriRuntime runtime, PodCgroups cgroups, MachineFacts machine, PodEvents events, TimeProvider time)
{
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(10);

    public async Task<Action<WorkerState>> ResizeAsync(PodView pod, ResizeContainers action, PodObservation seen, CancellationToken cancellation)
    {
        try
        {
            foreach (var (id, name) in action.Containers)
            {
                await CheckMemoryAsync(pod, id, name, cancellation);
            }

            cgroups.Resize(pod.Pod, widenOnly: true);
            foreach (var (id, name) in action.Containers)
            {
                var resources = ContainerResources.Build(pod.Pod, pod.Find(name)!.Container, machine.MemoryBytes, machine.MayLowerOomScore);
                await runtime.UpdateContainerResourcesAsync(new V1.UpdateContainerResourcesRequest { ContainerId = id, Linux = resources }, cancellation);
            }

            cgroups.Resize(pod.Pod, widenOnly: false);
        }
        catch (Exception e) when (e is RpcException or IOException)
        {
            var text = e is RpcException rpc ? rpc.Describe() : e.Message;
            events.Pod(pod, "Warning", "ResizeError", $"Pod resize error: {text}");
            var retry = time.GetUtcNow() + Retry;
            return state =>
            {
                state.Memory.ResizeError = text;
                state.Memory.ResizeRetryAt = retry;
            };
        }

        events.Pod(pod, "Normal", "ResizeCompleted", "Pod resize completed");
        return state =>
        {
            state.Memory.ResizeError = null;
            foreach (var (id, name) in action.Containers)
            {
                state.Memory.Applied[id] = pod.Find(name)!.Container.Resources;
            }
        };
    }

    /// <summary>A memory limit below what is used would end in an OOM kill; it waits until less is used.</summary>
    private async Task CheckMemoryAsync(PodView pod, string id, string name, CancellationToken cancellation)
    {
        if (!pod.Find(name)!.Container.Resources.Limits.TryGetValue("memory", out var limit))
        {
            return;
        }

        var used = (await runtime.ContainerStatsAsync(id, cancellation)).Memory?.WorkingSetBytes?.Value ?? 0;
        if (used > (ulong)limit.Value)
        {
            throw new IOException($"attempting to set container \"{name}\" memory limit ({limit.Value}) below current usage ({used})");
        }
    }
}
