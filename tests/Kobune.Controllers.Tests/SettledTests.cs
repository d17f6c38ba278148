using Kobune.Api.Apps.V1;
using Kobune.Api.Batch.V1;
using Kobune.Api.Core.V1;
using Kobune.Api.Meta.V1;
using Kobune.Api.Policy.V1;
using Kobune.Client;
using Kobune.Controllers.Tests.Jobs;
using Kobune.Testing.Controllers;
using Kobune.Testing.Time;

namespace Kobune.Controllers.Tests;

public sealed class SettledTests
{
    [Fact]
    public async Task A_settled_cluster_writes_nothing_for_ten_minutes()
    {
        var time = new VirtualTime();
        await using var plane = await TestControlPlane.StartAsync(time);
        plane.Node.Ends = static pod => pod.Metadata.Labels.GetValueOrDefault("app") == "work" ? 0 : null;
        await plane.Client.CreateAsync(TestControlPlane.Deployment("web", 3));
        await plane.Client.CreateAsync(TestJobs.Make(parallelism: 2, completions: 4, indexed: true));
        await plane.Client.CreateAsync(Service());
        await plane.Client.CreateAsync(Budget());
        await plane.Client.CreateAsync(Quota());
        await plane.Client.WaitAsync<Deployment>("default", d => d.Status.AvailableReplicas == 3);
        await plane.Client.WaitAsync<Job>("default", j => j.Condition("Complete") is not null);
        await plane.Client.WaitAsync<PodDisruptionBudget>("default", b => b.Status.CurrentHealthy == 3);
        await plane.Client.WaitAsync<ResourceQuota>("default", q => q.Status.Used.GetValueOrDefault("pods") == new Api.Quantity(3));

        var revision = await QuietAsync(plane, -1);
        for (var i = 0; i < 10; i++)
        {
            time.Advance(TimeSpan.FromMinutes(1));
            Assert.Equal(revision, await QuietAsync(plane, revision));
        }
    }

    // The store's revision once it has stood still for a while of real time.
    private static async Task<long> QuietAsync(TestControlPlane plane, long revision)
    {
        for (var still = 0; still < 10;)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
            var now = await plane.Store.CurrentRevisionAsync();
            still = now == revision ? still + 1 : 0;
            revision = now;
        }

        return revision;
    }

    private static Service Service()
    {
        var service = new Service();
        service.Metadata.Name = "web";
        service.Metadata.Namespace = "default";
        service.Spec.Selector = new Dictionary<string, string> { ["app"] = "web" };
        service.Spec.Ports = [new ServicePort { Port = 80 }];
        return service;
    }

    private static PodDisruptionBudget Budget()
    {
        var budget = new PodDisruptionBudget();
        budget.Metadata.Name = "web";
        budget.Metadata.Namespace = "default";
        budget.Spec.MinAvailable = 2;
        budget.Spec.Selector = new LabelSelector { MatchLabels = { ["app"] = "web" } };
        return budget;
    }

    private static ResourceQuota Quota()
    {
        var quota = new ResourceQuota();
        quota.Metadata.Name = "all";
        quota.Metadata.Namespace = "default";
        quota.Spec.Hard = new() { ["pods"] = "20", ["count/jobs.batch"] = "5" };
        return quota;
    }
}
