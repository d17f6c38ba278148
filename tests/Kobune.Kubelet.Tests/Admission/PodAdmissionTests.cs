using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.Kubelet.Admission;
using Kobune.Kubelet.Pods.Decision;
using Kobune.Testing.FakeCri;

namespace Kobune.Kubelet.Tests.Admission;

/// <summary>The node refuses what it cannot run, in upstream's words.</summary>
public sealed class PodAdmissionTests
{
    private readonly Dictionary<string, Quantity> _allocatable = new() { ["cpu"] = "2", ["memory"] = "1Gi", ["pods"] = "3" };
    private readonly NodePressure _pressure = new();
    private readonly Node _node = new() { Metadata = { Name = "node-1", Labels = { ["zone"] = "a" } } };

    [Fact]
    public void Amounts_are_counted_and_given_back()
    {
        var admission = Admission();
        Assert.Null(admission.Admit(Asking("a", "1500m"), running: false));
        Assert.Equal(
            new Rejection("OutOfcpu", "Node didn't have enough resource: cpu, requested: 1000, used: 1500, capacity: 2000"),
            admission.Admit(Asking("b", "1"), running: false));
        admission.Release("a");
        Assert.Null(admission.Admit(Asking("b", "1"), running: false));
    }

    [Fact]
    public void The_number_of_Pods_is_bounded()
    {
        var admission = Admission();
        Assert.All(new[] { "a", "b", "c" }, uid => Assert.Null(admission.Admit(Asking(uid, "1m"), running: false)));
        Assert.Equal("OutOfpods", admission.Admit(Asking("d", "1m"), running: false)!.Reason);
        Assert.Null(admission.Admit(Asking("d", "1m"), running: true));
    }

    [Fact]
    public void Affinity_ports_sysctls_and_pressure_are_checked()
    {
        var admission = Admission();
        Assert.Equal("NodeAffinity", admission.Admit(Asking("a", "1m", p => p.Spec.NodeSelector["zone"] = "b"), false)!.Reason);
        Action<Pod> port = p => p.Spec.Containers[0].Ports.Add(new ContainerPort { Port = 80, HostPort = 8080, Protocol = "TCP" });
        Assert.Null(admission.Admit(Asking("b", "1m", port), false));
        Assert.Equal("NodePorts", admission.Admit(Asking("c", "1m", port), false)!.Reason);
        Action<Pod> sysctl = p => p.Spec.SecurityContext = new PodSecurityContext { Sysctls = [new Sysctl { Name = "kernel.msgmax", Value = "1" }] };
        Assert.Equal(new Rejection("SysctlForbidden", "forbidden sysctl: \"kernel.msgmax\" not allowlisted"), admission.Admit(Asking("d", "1m", sysctl), false));
        _pressure.Memory = true;
        Assert.Equal(new Rejection("Evicted", "The node had condition: [MemoryPressure]. "), admission.Admit(Asking("e", null), false));
        Assert.Null(admission.Admit(Asking("f", "1m"), false));
    }

    [Fact]
    public async Task A_Pod_that_does_not_fit_fails_on_the_node()
    {
        await using var cri = await FakeCriServer.StartAsync(new FakeCriScript(), TimeProvider.System, default);
        var directory = Directory.CreateTempSubdirectory("kubelet-");
        await using (var node = new KubeletHarness(cri.Socket, directory.FullName))
        {
            await node.Kubelet.Ready;
            var pod = KubeletHarness.NewPod("big", "example.com/a:1");
            pod.Spec.Containers[0].Resources.Requests["cpu"] = "5000";
            node.Api.Put(pod);
            var failed = await node.UntilAsync("big", p => p.Status.Phase == "Failed");
            Assert.Equal("OutOfcpu", failed.Status.Reason);
            Assert.StartsWith("Pod was rejected: Node didn't have enough resource: cpu, requested: 5000000, used: 0", failed.Status.Message);
            Assert.Empty(cri.Sandboxes);
        }

        directory.Delete(recursive: true);
    }

    [Fact]
    public async Task A_running_Pod_is_resized_when_the_node_has_room()
    {
        await using var cri = await FakeCriServer.StartAsync(new FakeCriScript(), TimeProvider.System, default);
        var directory = Directory.CreateTempSubdirectory("kubelet-");
        await using (var node = new KubeletHarness(cri.Socket, directory.FullName))
        {
            var pod = KubeletHarness.NewPod("web", "example.com/a:1");
            pod.Spec.Containers[0].Resources.Requests["cpu"] = "10m";
            node.Api.Put(pod);
            var running = await node.UntilAsync("web", KubeletHarness.IsReady);
            node.Api.Put(WithCpu(running, "20m"));
            var resized = await node.UntilAsync("web", p => p.Status.ContainerStatuses[0].Resources?.Requests["cpu"] == (Quantity)"20m");
            Assert.Equal(running.Status.ContainerStatuses[0].ContainerID, resized.Status.ContainerStatuses[0].ContainerID);
            Assert.Equal(1, cri.Calls.Count("UpdateContainerResources"));
            node.Api.Put(WithCpu(resized, "5000"));
            var pending = await node.UntilAsync("web", p => p.Status.Conditions.Exists(c => c is { Type: "PodResizePending", Reason: "Infeasible" }));
            Assert.Equal("20m", pending.Status.ContainerStatuses[0].AllocatedResources["cpu"].ToString());
        }

        directory.Delete(recursive: true);
    }

    private static Pod WithCpu(Pod pod, string cpu)
    {
        var copy = pod.Clone();
        copy.Spec.Containers[0].Resources.Requests["cpu"] = cpu;
        return copy;
    }

    private PodAdmission Admission() => new(new NodeLedger(() => _allocatable), _pressure, () => _node, new KubeletOptions
    {
        NodeName = "node-1",
        Client = null!,
        CriSocket = "",
        RootDirectory = "",
        PodLogDirectory = "",
        NodeAddresses = [],
    });

    private static PodView Asking(string uid, string? cpu, Action<Pod>? shape = null)
    {
        var pod = KubeletHarness.NewPod(uid, "example.com/a:1");
        pod.Metadata.Uid = uid;
        if (cpu is not null)
        {
            pod.Spec.Containers[0].Resources.Requests["cpu"] = cpu;
        }

        shape?.Invoke(pod);
        return new PodView(pod);
    }
}
