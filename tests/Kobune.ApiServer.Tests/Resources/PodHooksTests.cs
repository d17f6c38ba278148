using Kobune.Api.Core.V1;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.Tests.Resources;

public sealed class PodHooksTests
{
    private const string Simple = """
        apiVersion: v1
        kind: Pod
        metadata: {name: web}
        spec:
          containers:
          - {name: app, image: nginx:1.27}
          tolerations:
          - {key: a, operator: Exists}
        """;

    [Fact]
    public void A_new_Pod_is_pending()
    {
        var pod = Hooked.Created<Pod>(Simple);
        Assert.Equal("Pending", pod.Status.Phase);
        Assert.Equal("BestEffort", pod.Status.QosClass);
    }

    [Theory]
    [InlineData("{limits: {cpu: 1, memory: 1Gi}}", "Guaranteed")]
    [InlineData("{requests: {cpu: 100m}}", "Burstable")]
    [InlineData("{limits: {cpu: 1}}", "Burstable")]
    [InlineData("{limits: {cpu: 1, memory: 1Gi}, requests: {cpu: 500m}}", "Burstable")]
    [InlineData("{}", "BestEffort")]
    public void Class_of_service_follows_from_resources(string resources, string expected) =>
        Assert.Equal(expected, Hooked.Created<Pod>(Simple.Replace("image: nginx:1.27", "image: nginx:1.27, resources: " + resources, StringComparison.Ordinal)).Status.QosClass);

    [Fact]
    public void Images_deadlines_and_more_tolerations_may_change()
    {
        var pod = Hooked.Created<Pod>(Simple);
        Assert.Empty(Hooked.Update(pod, p => p.Spec.Containers[0].Image = "nginx:1.28"));
        Assert.Empty(Hooked.Update(pod, p => p.Spec.ActiveDeadlineSeconds = 5));
        Assert.Empty(Hooked.Update(pod, p => p.Spec.Tolerations.Add(new Toleration { Key = "b", Operator = "Exists" })));
        Assert.Equal(["spec.tolerations: Forbidden: existing toleration can not be modified except its tolerationSeconds"], Hooked.Update(pod, p => p.Spec.Tolerations.Clear()));
    }

    [Fact]
    public void Nothing_else_may_change()
    {
        var pod = Hooked.Created<Pod>(Simple);
        var error = Assert.Single(Hooked.Update(pod, p => p.Spec.Hostname = "other"));
        Assert.StartsWith(
            "spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,"
            + "`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)\n",
            error,
            StringComparison.Ordinal);
        Assert.Contains("+ \thostname: \"other\",", error, StringComparison.Ordinal);
        Assert.Equal(["spec.containers: Forbidden: pod updates may not add or remove containers"], Hooked.Update(pod, p => p.Spec.Containers.Add(p.Spec.Containers[0].Clone())).Where(e => e.Contains("add or remove", StringComparison.Ordinal)));
    }

    [Fact]
    public void Ephemeral_containers_only_come()
    {
        var pod = Hooked.Created<Pod>(Simple);
        var more = pod.Clone();
        more.Spec.EphemeralContainers.Add(new EphemeralContainer { Name = "debug", Image = "busybox", TargetContainerName = "app" });
        Assert.Empty(Subresource("ephemeralcontainers", more, pod));
        Assert.Equal(["spec.ephemeralContainers: Forbidden: existing ephemeral containers \"debug\" may not be removed\n"], Subresource("ephemeralcontainers", pod, more));
    }

    [Fact]
    public void A_resize_keeps_the_class_of_service()
    {
        var pod = Hooked.Created<Pod>(Simple.Replace("image: nginx:1.27", "image: nginx:1.27, resources: {requests: {cpu: 100m}}", StringComparison.Ordinal));
        var larger = pod.Clone();
        larger.Spec.Containers[0].Resources.Requests["cpu"] = "200m";
        Assert.Empty(Subresource("resize", larger, pod));
        larger.Spec.Containers[0].Resources.Requests.Clear();
        Assert.Equal(
            ["spec: Invalid value: \"Burstable\": Pod QOS Class may not change as a result of resizing", "spec.containers[0].resources.requests: Forbidden: resource requests cannot be removed"],
            Subresource("resize", larger, pod));
    }

    [Theory]
    [InlineData("", null, 0L)]
    [InlineData("n1", null, 30L)]
    [InlineData("n1", 5L, 5L)]
    [InlineData("n1", -1L, 1L)]
    public void Grace_depends_on_where_the_Pod_is(string node, long? asked, long expected)
    {
        var pod = Hooked.Created<Pod>(Simple);
        pod.Spec.NodeName = node;
        Assert.Equal(expected, Hooked.Of(pod).GracePeriod(pod, asked));
    }

    [Fact]
    public void A_finished_container_does_not_rise_again()
    {
        var pod = Hooked.Created<Pod>(Simple);
        pod.Spec.RestartPolicy = "Never";
        pod.Status.ContainerStatuses = [new ContainerStatus { Name = "app", State = new ContainerState { Terminated = new ContainerStateTerminated() } }];
        var next = pod.Clone();
        next.Status.ContainerStatuses[0].State = new ContainerState { Running = new ContainerStateRunning() };
        var errors = new FieldErrorList();
        Hooked.Of(pod).ValidateStatusUpdate(next, pod, errors);
        Assert.Equal(["status.containerStatuses[0].state: Forbidden: may not be transitioned to non-terminated state"], Hooked.Texts(errors));
    }

    private static string[] Subresource(string name, Pod pod, Pod old)
    {
        var copy = pod.Clone();
        Hooked.Of(pod).Default(copy);
        Hooked.Of(pod).Default(old);
        var errors = new FieldErrorList();
        Hooked.Of(pod).ValidateSubresourceUpdate(name, copy, old, errors);
        return Hooked.Texts(errors);
    }
}
