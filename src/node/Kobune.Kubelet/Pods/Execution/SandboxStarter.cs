using Kobune.Cri;
using Kobune.Kubelet.Pods.Decision;
using Kobune.Kubelet.Resources;
using Kobune.Kubelet.Runtime;
using V1 = Kobune.Cri.V1;

namespace Kobune.Kubelet.Pods.Execution;

/// <summary>Creates a Pod's sandbox, with the directories and cgroup that it expects.</summary>
internal sealed class SandboxStarter(
    ICriRuntime runtime, RuntimeObserver observer, SandboxConfigBuilder configs, PodCgroups cgroups, RuntimeIds ids, KubeletPaths paths, KubeletOptions options, RuntimeHandlers handlers)
{
    public async Task<ObservedSandbox?> StartAsync(PodView pod, uint attempt, CancellationToken cancellation)
    {
        var config = configs.Build(pod, attempt);
        Directory.CreateDirectory(config.LogDirectory);
        Directory.CreateDirectory(paths.Pod(pod.Uid));
        cgroups.Create(pod.Pod);
        var handler = await handlers.ForAsync(pod.Pod, cancellation);
        var answer = await runtime.RunPodSandboxAsync(new V1.RunPodSandboxRequest { Config = config, RuntimeHandler = handler }, cancellation);
        ids.Add(answer.PodSandboxId, pod.Uid);
        var sandbox = await observer.SandboxAsync(answer.PodSandboxId, cancellation);
        if (sandbox is not null)
        {
            var addresses = pod.Pod.Spec.HostNetwork ? options.NodeAddresses.Select(a => a.ToString()).ToArray() : sandbox.Addresses;
            HostsFile.Write(paths.EtcHosts(pod.Uid), pod, addresses, options.ClusterDomain);
        }

        return sandbox;
    }
}
