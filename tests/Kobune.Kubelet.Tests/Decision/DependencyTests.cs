using Kobune.Api.Core.V1;

namespace Kobune.Kubelet.Tests.Decision;

/// <summary>kobune.dev/depends-on: app containers start in an order.</summary>
public sealed class DependencyTests
{
    [Fact]
    public void A_container_waits_until_another_is_healthy()
    {
        var scene = Web("service_healthy", api => api.ReadinessProbe = new Probe { TcpSocket = new TCPSocketAction { Port = 80 } });
        Assert.DoesNotContain("start/main", scene.Settle());
        var waiting = scene.Status.ContainerStatuses[0].State.Waiting!;
        Assert.Equal(("WaitingForDependency", "waiting for container \"api\" to be healthy"), (waiting.Reason, waiting.Message));
        Assert.Equal("Pending", scene.Status.Phase);
        scene.Memory.Probes[scene.Seen.Latest("api")!.Id] = new() { Readiness = true };
        Assert.Contains("start/main", scene.Settle());
        Assert.Equal("Running", scene.Status.Phase);
    }

    [Fact]
    public void A_dependency_that_fails_for_good_fails_the_Pod()
    {
        var scene = Web("service_completed_successfully", _ => { });
        scene.Pod.Spec.RestartPolicy = "Never";
        scene.Settle();
        scene.Exit("api", 3);
        scene.Settle();
        Assert.Equal(("Failed", "DependencyFailed"), (scene.Status.Phase, scene.Status.Reason));
    }

    [Fact]
    public void Completion_lets_the_next_one_start()
    {
        var scene = Web("completed", _ => { });
        scene.Pod.Spec.RestartPolicy = "Never";
        scene.Settle();
        scene.Exit("api", 0);
        Assert.Contains("start/main", scene.Settle());
    }

    [Fact]
    public void Cycles_and_unknown_names_are_told_with_their_path()
    {
        var annotations = new Dictionary<string, string> { [ContainerDependencies.Annotation] = "a: [{container: b}]\nb: [{container: a, condition: started}, {container: x}]" };
        var problems = ContainerDependencies.Problems(ContainerDependencies.Of(annotations), new HashSet<string> { "a", "b" });
        Assert.Equal(["b[1].container: the Pod has no container \"x\"", "a: the dependencies form a cycle: a -> b -> a"], problems);
    }

    [Fact]
    public void An_unknown_condition_is_refused()
    {
        var annotations = new Dictionary<string, string> { [ContainerDependencies.Annotation] = "{\"a\": [{\"container\": \"b\", \"condition\": \"happy\"}]}" };
        var error = Assert.Throws<FormatException>(() => ContainerDependencies.Of(annotations));
        Assert.StartsWith("a[0].condition: Unsupported value: \"happy\"", error.Message);
    }

    private static Scene Web(string condition, Action<Container> shape) => new(pod =>
    {
        pod.Metadata.Annotations[ContainerDependencies.Annotation] = $"main: [{{container: api, condition: {condition}}}]";
        var api = KubeletHarness.NewContainer("api", "example.com/a:1");
        shape(api);
        pod.Spec.Containers.Add(api);
    });
}
