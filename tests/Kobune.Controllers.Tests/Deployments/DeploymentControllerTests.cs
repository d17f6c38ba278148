using Kobune.Api;
using Kobune.Api.Apps.V1;
using Kobune.Api.Core.V1;
using Kobune.Client;
using Kobune.Testing.Controllers;

namespace Kobune.Controllers.Tests.Deployments;

public sealed class DeploymentControllerTests
{
    [Fact]
    public async Task Creates_its_Pods_and_says_so()
    {
        await using var plane = await TestControlPlane.StartAsync();
        await plane.Client.CreateAsync(TestControlPlane.Deployment("web", 3));
        var deployment = await Complete(plane, "web");

        Assert.Equal((3, 3, 3, 0), (deployment.Status.ReadyReplicas, deployment.Status.AvailableReplicas, deployment.Status.UpdatedReplicas, deployment.Status.UnavailableReplicas));
        Assert.Equal("1", deployment.Metadata.Annotations["deployment.kubernetes.io/revision"]);
        var progressing = deployment.Status.Conditions.Single(c => c.Type == "Progressing");
        Assert.Equal(("True", "NewReplicaSetAvailable"), (progressing.Status, progressing.Reason));
        var replicaSet = Assert.Single((await plane.Client.ListAsync<ReplicaSet>("default")).Items);
        Assert.Equal($"ReplicaSet \"{replicaSet.Name}\" has successfully progressed.", progressing.Message);
        Assert.Matches("^web-[bcdfghjklmnpqrstvwxz2456789]{8,10}$", replicaSet.Name);
        Assert.Equal(replicaSet.Name["web-".Length..], replicaSet.Spec.Template.Metadata.Labels["pod-template-hash"]);
        var said = await plane.Client.WaitAsync<Event>("default", e => e.Reason == "ScalingReplicaSet");
        Assert.Equal($"Scaled up replica set {replicaSet.Name} from 0 to 3", said.Message);
        Assert.Equal("deployment-controller", said.Source.Component);
        await plane.Client.WaitAllAsync<Event>("default", all => all.Count(e => e.Reason == "SuccessfulCreate" && e.Message.StartsWith($"Created pod: {replicaSet.Name}-", StringComparison.Ordinal)) == 3);
    }

    [Fact]
    public async Task Rolls_to_a_new_template_within_its_bounds()
    {
        await using var plane = await TestControlPlane.StartAsync();
        await plane.Client.CreateAsync(TestControlPlane.Deployment("web", 10, maxSurge: 2, maxUnavailable: 1));
        await Complete(plane, "web");
        using var stop = new CancellationTokenSource();
        var observed = ObserveAsync(plane, stop.Token);
        await plane.Client.PatchAsync<Deployment>("default", "web", PatchKind.Merge, Image("app:2"));
        await Complete(plane, "web", "2");
        await plane.Client.WaitAllAsync<Pod>("default", pods => pods.Count == 10 && pods.All(p => p.Spec.Containers[0].Image == "app:2"));
        await stop.CancelAsync();
        var (most, fewest) = await observed;

        Assert.True(most <= 12, $"{most} Pods at once");
        Assert.True(fewest >= 9, $"only {fewest} ready Pods");
    }

    [Fact]
    public async Task Going_back_to_an_old_template_uses_its_ReplicaSet_as_a_new_revision()
    {
        await using var plane = await TestControlPlane.StartAsync();
        await plane.Client.CreateAsync(TestControlPlane.Deployment("web", 2));
        await Complete(plane, "web");
        foreach (var (image, revision) in new[] { ("app:2", "2"), ("app:1", "3") })
        {
            await plane.Client.PatchAsync<Deployment>("default", "web", PatchKind.Merge, Image(image));
            await Complete(plane, "web", revision);
        }

        var sets = (await plane.Client.ListAsync<ReplicaSet>("default")).Items;
        Assert.Equal(2, sets.Count);
        var newest = sets.Single(r => r.Spec.Replicas == 2);
        Assert.Equal("3", newest.Metadata.Annotations["deployment.kubernetes.io/revision"]);
        Assert.Equal("1", newest.Metadata.Annotations["deployment.kubernetes.io/revision-history"]);
    }

    [Fact]
    public async Task A_paused_Deployment_scales_but_does_not_roll()
    {
        await using var plane = await TestControlPlane.StartAsync();
        await plane.Client.CreateAsync(TestControlPlane.Deployment("web", 2));
        await Complete(plane, "web");
        await plane.Client.PatchAsync<Deployment>("default", "web", PatchKind.Merge, """{"spec":{"paused":true,"replicas":4,"template":{"spec":{"containers":[{"name":"main","image":"app:2"}]}}}}""");
        var paused = await plane.Client.WaitAsync<Deployment>("default", d => d.Status.AvailableReplicas == 4 && d.Status.Conditions.Any(c => c.Reason == "DeploymentPaused"));
        Assert.Equal(0, paused.Status.UpdatedReplicas);
        await plane.Client.PatchAsync<Deployment>("default", "web", PatchKind.Merge, """{"spec":{"paused":false}}""");
        await Complete(plane, "web", "2");
    }

    [Fact]
    public async Task Recreate_never_runs_two_versions_together()
    {
        await using var plane = await TestControlPlane.StartAsync();
        var deployment = TestControlPlane.Deployment("web", 3);
        deployment.Spec.Strategy = new DeploymentStrategy { Type = "Recreate" };
        await plane.Client.CreateAsync(deployment);
        await Complete(plane, "web");
        var mixed = false;
        using var stop = new CancellationTokenSource();
        var observed = Follow(plane, pods => mixed |= pods.Select(p => p.Spec.Containers[0].Image).Distinct().Count() > 1, stop.Token);
        await plane.Client.PatchAsync<Deployment>("default", "web", PatchKind.Merge, Image("app:2"));
        await Complete(plane, "web", "2");
        await stop.CancelAsync();
        await observed;
        Assert.False(mixed);
    }

    [Fact]
    public async Task Old_ReplicaSets_beyond_the_history_limit_go()
    {
        await using var plane = await TestControlPlane.StartAsync();
        var deployment = TestControlPlane.Deployment("web", 1);
        deployment.Spec.RevisionHistoryLimit = 1;
        await plane.Client.CreateAsync(deployment);
        await Complete(plane, "web");
        foreach (var number in new[] { 2, 3, 4 })
        {
            await plane.Client.PatchAsync<Deployment>("default", "web", PatchKind.Merge, Image($"app:{number}"));
            await Complete(plane, "web", number.ToString(System.Globalization.CultureInfo.InvariantCulture));
        }

        await plane.Client.WaitAllAsync<ReplicaSet>("default", sets => sets.Count == 2);
    }

    [Fact]
    public async Task A_settled_cluster_is_not_written()
    {
        await using var plane = await TestControlPlane.StartAsync();
        await plane.Client.CreateAsync(TestControlPlane.Deployment("web", 3));
        await Complete(plane, "web");
        await plane.Client.WaitAllAsync<Event>("default", all => all.Count(e => e.Reason == "SuccessfulCreate") == 3);
        await WaitIdleAsync(plane);
        var before = await RevisionAsync(plane);

        // A restart of all controllers over the same state finds nothing to do either.
        await plane.Client.PatchAsync<Deployment>("default", "web", PatchKind.Merge, """{"metadata":{"labels":{"touched":"yes"}}}""");
        await WaitIdleAsync(plane);
        Assert.Equal(before + 1, await RevisionAsync(plane));
    }

    private static string Image(string image) => "{\"spec\":{\"template\":{\"spec\":{\"containers\":[{\"name\":\"main\",\"image\":\"" + image + "\"}]}}}}";

    // Quiet is a quarter of a second without a write. The queues themselves need not be empty: a Deployment that was seen
    // on its way leaves a check of its progress deadline behind, ten minutes ahead.
    private static async Task WaitIdleAsync(TestControlPlane plane)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        var last = await RevisionAsync(plane);
        for (var quiet = 0; quiet < 25;)
        {
            await timer.WaitForNextTickAsync();
            var now = await RevisionAsync(plane);
            quiet = now == last ? quiet + 1 : 0;
            last = now;
        }
    }

    private static async Task<long> RevisionAsync(TestControlPlane plane) =>
        long.Parse((await plane.Client.ListAsync<Namespace>()).Metadata.ResourceVersion, System.Globalization.CultureInfo.InvariantCulture);

    internal static Task<Deployment> Complete(TestControlPlane plane, string name, string revision = "1") => plane.Client.WaitAsync<Deployment>("default", d =>
        d.Name == name && d.Metadata.Annotations.GetValueOrDefault("deployment.kubernetes.io/revision") == revision
        && d.Status.ObservedGeneration == d.Metadata.Generation && d.Status.AvailableReplicas == d.Spec.Replicas && d.Status.Replicas == d.Spec.Replicas
        && d.Status.UpdatedReplicas == d.Spec.Replicas && d.Status.Conditions.Any(c => c.Reason == "NewReplicaSetAvailable"), $"{name} complete at revision {revision}");

    private static async Task<(int Most, int Fewest)> ObserveAsync(TestControlPlane plane, CancellationToken cancellationToken)
    {
        var (most, fewest) = (0, int.MaxValue);
        await Follow(plane, pods =>
        {
            most = Math.Max(most, pods.Count(p => p.Metadata.DeletionTimestamp is null));
            fewest = Math.Min(fewest, pods.Count(p => p.Metadata.DeletionTimestamp is null && p.Status.Conditions.Any(c => c is { Type: "Ready", Status: "True" })));
        }, cancellationToken);
        return (most, fewest);
    }

    private static async Task Follow(TestControlPlane plane, Action<IReadOnlyCollection<Pod>> look, CancellationToken cancellationToken)
    {
        var list = await plane.Client.ListAsync<Pod>("default", cancellationToken: cancellationToken);
        var pods = list.Items.ToDictionary(p => p.Name);
        try
        {
            await foreach (var change in plane.Client.WatchAsync<Pod>("default", new WatchOptions { ResourceVersion = list.Metadata.ResourceVersion }, cancellationToken))
            {
                if (change.Type == WatchEventType.Deleted)
                {
                    pods.Remove(change.Object.Name);
                }
                else if (change.Type != WatchEventType.Bookmark)
                {
                    pods[change.Object.Name] = change.Object;
                }

                look(pods.Values);
            }
        }
        catch (OperationCanceledException)
        {
            // seen enough
        }
    }
}
