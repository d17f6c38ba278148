using Kobune.Api.Core.V1;
using Kobune.Testing.FakeCri;

namespace Kobune.Kubelet.Tests;

/// <summary>Pods that refer to what is not there yet, and probes and hooks on the scripted runtime.</summary>
public sealed class FakeCriReferenceTests
{
    [Fact]
    public async Task A_missing_ConfigMap_holds_a_Pod_up_until_it_appears()
    {
        await using var cri = await FakeCriServer.StartAsync(new FakeCriScript(), TimeProvider.System, default);
        var directory = Directory.CreateTempSubdirectory("kubelet-");
        await using (var node = new KubeletHarness(cri.Socket, directory.FullName))
        {
            var mounting = KubeletHarness.NewPod("mounting", "example.com/a:1");
            mounting.Spec.Volumes.Add(new Volume { Name = "conf", ConfigMap = new ConfigMapVolumeSource { Name = "late" } });
            mounting.Spec.Containers[0].VolumeMounts.Add(new VolumeMount { Name = "conf", MountPath = "/conf" });
            var naming = KubeletHarness.NewPod("naming", "example.com/a:1");
            naming.Spec.Containers[0].Env.Add(new EnvVar { Name = "A", ValueFrom = new EnvVarSource { ConfigMapKeyRef = new ConfigMapKeySelector { Name = "late", Key = "k" } } });
            node.Api.Put(mounting);
            node.Api.Put(naming);
            await node.EventAsync("mounting", "Warning FailedMount MountVolume.SetUp failed for volume \"conf\" : configmap \"late\" not found");
            var waiting = await node.UntilAsync("naming", p => p.Status.ContainerStatuses is [{ State.Waiting.Reason: "CreateContainerConfigError" }]);
            Assert.Equal("configmap \"late\" not found", waiting.Status.ContainerStatuses[0].State.Waiting!.Message);
            await node.EventAsync("naming", "Warning Failed Error: configmap \"late\" not found");
            var map = new ConfigMap();
            map.Metadata.Name = "late";
            map.Metadata.Namespace = "default";
            map.Data["k"] = "v";
            node.Api.Put(map);
            await node.UntilAsync("mounting", KubeletHarness.IsReady, 3);
            await node.UntilAsync("naming", KubeletHarness.IsReady, 3);
        }

        directory.Delete(recursive: true);
    }

    [Fact]
    public async Task A_failing_liveness_probe_restarts_and_readiness_follows_its_probe()
    {
        var healthy = true;
        var script = new FakeCriScript().Container("main", new FakeContainerBehavior
        {
            Exec = command => new Kobune.Cri.V1.ExecSyncResponse { ExitCode = command[0] == "ready" || Volatile.Read(ref healthy) ? 0 : 1 },
        });
        await using var cri = await FakeCriServer.StartAsync(script, TimeProvider.System, default);
        var directory = Directory.CreateTempSubdirectory("kubelet-");
        await using (var node = new KubeletHarness(cri.Socket, directory.FullName))
        {
            var pod = KubeletHarness.NewPod("probed", "example.com/a:1");
            pod.Spec.Containers[0].LivenessProbe = new Probe { Exec = new ExecAction { Command = ["live"] }, PeriodSeconds = 1, FailureThreshold = 1 };
            pod.Spec.Containers[0].ReadinessProbe = new Probe { Exec = new ExecAction { Command = ["ready"] }, PeriodSeconds = 1 };
            node.Api.Put(pod);
            await node.UntilAsync("probed", KubeletHarness.IsReady);
            Volatile.Write(ref healthy, false);
            await node.EventAsync("probed", "Normal Killing Container main failed liveness probe, will be restarted");
            Volatile.Write(ref healthy, true);
            await node.UntilAsync("probed", p => p.Status.ContainerStatuses is [{ RestartCount: > 0, Ready: true }]);
        }

        directory.Delete(recursive: true);
    }
}
