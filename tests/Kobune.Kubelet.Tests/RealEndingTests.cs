using Kobune.Api;
using Kobune.Api.Core.V1;

namespace Kobune.Kubelet.Tests;

/// <summary>How containers end on the real runtime: messages, memory, hooks, security, order, adoption.</summary>
[Trait("needs", "containerd")]
[Collection("containerd")]
public sealed class RealEndingTests
{
    [Fact]
    public async Task Ends_are_told_as_they_were()
    {
        Assert.SkipWhen(RealNode.WhyNot is not null, RealNode.WhyNot ?? "");
        await using var runtime = await RealNode.StartAsync();
        var api = new FakeApi(TimeProvider.System);
        string kept;
        await using (var node = new KubeletHarness(runtime.Options.Socket, runtime.Directory, api))
        {
            await node.Kubelet.Ready;
            var message = Once("message", "echo -n last words > /dev/termination-log; exit 4");
            api.Put(message);
            var fallback = Once("fallback", "echo from the log; exit 5");
            fallback.Spec.Containers[0].TerminationMessagePolicy = "FallbackToLogsOnError";
            api.Put(fallback);
            var greedy = Once("greedy", "x=a; while true; do x=$x$x; done");
            greedy.Spec.Containers[0].Resources.Limits["memory"] = Quantity.Parse("20Mi");
            api.Put(greedy);
            var wrong = KubeletHarness.NewPod("wrong", command: ["/no/such/binary"]);
            api.Put(wrong);
            var root = Once("root", "true");
            root.Spec.SecurityContext = new PodSecurityContext { RunAsNonRoot = true };
            api.Put(root);
            var user = Once("user", "id -u; id -G; cat /proc/1/cgroup | head -1; exit 1");
            user.Spec.SecurityContext = new PodSecurityContext { RunAsUser = 1234, FsGroup = 4321 };
            user.Spec.Containers[0].TerminationMessagePolicy = "FallbackToLogsOnError";
            api.Put(user);
            var sidecar = Once("sidecar", "test -f /shared/up && test -f /shared/init && exit 0; exit 9");
            sidecar.Spec.Volumes.Add(new Volume { Name = "shared", EmptyDir = new EmptyDirVolumeSource() });
            var side = KubeletHarness.NewContainer("side", command: ["sh", "-c", "sleep 0.3; touch /shared/up; trap 'exit 0' TERM; while true; do sleep 0.1; done"]);
            side.RestartPolicy = "Always";
            side.StartupProbe = new Probe { Exec = new ExecAction { Command = ["test", "-f", "/shared/up"] }, PeriodSeconds = 1, TimeoutSeconds = 5, FailureThreshold = 10 };
            sidecar.Spec.InitContainers.Add(side);
            sidecar.Spec.InitContainers.Add(KubeletHarness.NewContainer("init", command: ["sh", "-c", "test -f /shared/up && touch /shared/init"]));
            foreach (var container in sidecar.Spec.Containers.Concat(sidecar.Spec.InitContainers))
            {
                container.VolumeMounts.Add(new VolumeMount { Name = "shared", MountPath = "/shared" });
            }

            api.Put(sidecar);
            var stay = KubeletHarness.NewPod("stay", command: ["sleep", "1000"]);
            api.Put(stay);

            Assert.Equal((4, "last words"), await EndAsync(node, "message"));
            Assert.Equal((5, "from the log\n"), await EndAsync(node, "fallback"));
            var end = (await node.UntilAsync("greedy", p => p.Status.Phase == "Failed", 40)).Status.ContainerStatuses[0].State.Terminated!;
            Assert.Equal((137, "OOMKilled"), (end.ExitCode, end.Reason));
            await node.UntilAsync("wrong", p => p.Status.ContainerStatuses is [{ State.Waiting.Reason: "CrashLoopBackOff" or "RunContainerError", LastState.Terminated: { Reason: "StartError", ExitCode: 128 } }]);
            var refused = await node.UntilAsync("root", p => p.Status.ContainerStatuses is [{ State.Waiting.Reason: "CreateContainerConfigError" }]);
            Assert.StartsWith("container has runAsNonRoot and image will run as root (pod: \"root_default(", refused.Status.ContainerStatuses[0].State.Waiting!.Message);
            Assert.StartsWith("1234\n0 4321\n", (await EndAsync(node, "user")).Message);
            var done = await node.UntilAsync("sidecar", p => p.Status.Phase == "Succeeded");
            await node.UntilAsync("sidecar", p => p.Status.InitContainerStatuses[0].State.Terminated is not null);
            Assert.Equal("Completed", done.Status.ContainerStatuses[0].State.Terminated!.Reason);
            kept = (await node.UntilAsync("stay", KubeletHarness.IsReady)).Status.ContainerStatuses[0].ContainerID;
        }

        foreach (var pod in api.All<Pod>().Where(p => p.Metadata.Name != "stay"))
        {
            api.DeletePod(pod.Metadata.Name, 1);
        }

        await using (var node = new KubeletHarness(runtime.Options.Socket, runtime.Directory, api))
        {
            await node.UntilAsync(() => api.All<Pod>().Count == 1, "the deleted Pods to go", 30);
            var pod = await node.UntilAsync("stay", KubeletHarness.IsReady);
            Assert.Equal((kept, 0), (pod.Status.ContainerStatuses[0].ContainerID, pod.Status.ContainerStatuses[0].RestartCount));
            Assert.Single(await runtime.Process.Cri.ListPodSandboxAsync(null, default));
            api.DeletePod("stay", 1);
            await node.GoneAsync("stay");
        }
    }

    private static Pod Once(string name, string script)
    {
        var pod = KubeletHarness.NewPod(name, command: ["sh", "-c", script]);
        pod.Spec.RestartPolicy = "Never";
        return pod;
    }

    private static async Task<(int Code, string Message)> EndAsync(KubeletHarness node, string name)
    {
        var end = (await node.UntilAsync(name, p => p.Status.ContainerStatuses is [{ State.Terminated: not null }])).Status.ContainerStatuses[0].State.Terminated!;
        return (end.ExitCode, end.Message);
    }
}
