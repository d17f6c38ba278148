using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.Kubelet.Pods.Decision;

namespace Kobune.Kubelet.Tests.Decision;

/// <summary>In-place resize of a running container, as decisions.</summary>
public sealed class ResizeTests
{
    [Fact]
    public void A_running_container_is_resized_in_place()
    {
        var scene = Running("100m");
        Set(scene, "200m");
        Assert.Equal("resize", scene.Actions);
        var condition = scene.Status.Conditions.Find(c => c.Type == "PodResizeInProgress");
        Assert.Equal("True", condition?.Status);
        Assert.Equal("100m", scene.Status.ContainerStatuses[0].Resources!.Requests["cpu"].ToString());
        Assert.Equal("200m", scene.Status.ContainerStatuses[0].AllocatedResources["cpu"].ToString());
    }

    [Fact]
    public void A_policy_may_ask_for_a_restart()
    {
        var scene = Running("100m");
        scene.Pod.Spec.Containers[0].ResizePolicy.Add(new ContainerResizePolicy { ResourceName = "cpu", RestartPolicy = "RestartContainer" });
        Set(scene, "200m");
        Assert.StartsWith("stop/", scene.Actions);
    }

    [Fact]
    public void A_failed_resize_is_named_and_tried_again_later()
    {
        var scene = Running("100m");
        Set(scene, "200m");
        scene.Memory.ResizeError = "no";
        scene.Memory.ResizeRetryAt = scene.Now.AddSeconds(10);
        var condition = scene.Status.Conditions.Find(c => c.Type == "PodResizeInProgress");
        Assert.Equal(("Error", "no"), (condition!.Reason, condition.Message));
        Assert.Equal("", scene.Actions);
        scene.Now = scene.Now.AddSeconds(10);
        Assert.Equal("resize", scene.Actions);
    }

    [Fact]
    public void A_pending_resize_is_a_condition()
    {
        var scene = Running("100m");
        scene.Memory.PendingResize = new PendingResize("Deferred", "Node didn't have enough resource: cpu");
        Assert.Equal("Deferred", scene.Status.Conditions.Find(c => c.Type == "PodResizePending")!.Reason);
    }

    private static Scene Running(string cpu)
    {
        var scene = new Scene();
        Set(scene, cpu);
        scene.Settle();
        scene.Memory.Applied[scene.Seen.Latest("main")!.Id] = scene.Pod.Spec.Containers[0].Resources;
        return scene;
    }

    private static void Set(Scene scene, string cpu)
    {
        scene.Pod = scene.Pod.Clone();
        scene.Pod.Spec.Containers[0].Resources = new ResourceRequirements { Requests = { ["cpu"] = Quantity.Parse(cpu) } };
    }
}
