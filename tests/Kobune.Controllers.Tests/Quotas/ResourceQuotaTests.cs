using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.Client;
using Kobune.Testing.Controllers;

namespace Kobune.Controllers.Tests.Quotas;

public sealed class ResourceQuotaTests
{
    [Fact]
    public async Task Counts_what_is_there_and_what_goes_away()
    {
        await using var plane = await TestControlPlane.StartAsync();
        var pod = new Pod { Spec = TestControlPlane.Template("a").Spec };
        pod.Metadata.Name = "a";
        pod.Metadata.Namespace = "default";
        pod.Spec.Containers[0].Resources.Requests["cpu"] = "250m";
        await plane.Client.CreateAsync(pod);
        await plane.Client.CreateAsync(Quota("all", "pods", "requests.cpu", "secrets", "count/deployments.apps"));
        await plane.Client.CreateAsync(Quota("best", "pods", scope: "BestEffort"));
        var quota = await plane.Client.WaitAsync<ResourceQuota>("default", q => q.Name == "all" && q.Status.Used.GetValueOrDefault("pods") == new Quantity(1));
        Assert.Equal("250m", quota.Status.Used["requests.cpu"].ToString());
        Assert.Equal("0", quota.Status.Used["secrets"].ToString());
        Assert.Equal(quota.Spec.Hard, quota.Status.Hard);
        await plane.Client.WaitAsync<ResourceQuota>("default", q => q.Name == "best" && q.Status.Used.TryGetValue("pods", out var used) && used.IsZero);
        await plane.Client.CreateAsync(TestControlPlane.Deployment("web", 0));
        await plane.Client.WaitAsync<ResourceQuota>("default", q => q.Status.Used.GetValueOrDefault("count/deployments.apps") == new Quantity(1));
        await plane.Client.DeleteAsync<Api.Apps.V1.Deployment>("default", "web");
        await plane.Client.DeleteAsync<Pod>("default", "a");
        await plane.Client.WaitAsync<ResourceQuota>("default", q => q.Name == "all" && q.Status.Used.Values.All(v => v.IsZero));
    }

    private static ResourceQuota Quota(string name, params string[] resources) => Quota(name, resources, null);

    private static ResourceQuota Quota(string name, string resource, string scope) => Quota(name, [resource], scope);

    private static ResourceQuota Quota(string name, string[] resources, string? scope)
    {
        var quota = new ResourceQuota();
        quota.Metadata.Name = name;
        quota.Metadata.Namespace = "default";
        quota.Spec.Hard = resources.ToDictionary(r => r, _ => new Quantity(10));
        quota.Spec.Scopes = scope is null ? [] : [scope];
        return quota;
    }
}
