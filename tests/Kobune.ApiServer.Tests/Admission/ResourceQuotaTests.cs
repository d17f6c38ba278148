using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.Client;
using Kobune.Testing.ApiServers;

namespace Kobune.ApiServer.Tests.Admission;

public sealed class ResourceQuotaTests
{
    [Fact]
    public async Task CountsAreRightUnderConcurrency()
    {
        await using var server = await TestApiServer.StartAsync();
        await QuotaAsync(server.Client, "q", ("configmaps", "10"));
        var results = await Task.WhenAll(Enumerable.Range(0, 30).Select(i => TryAsync(server.Client, new ConfigMap { Metadata = { Namespace = "default", Name = $"c{i}" } })));
        Assert.Equal(10, results.Count(r => r is null));
        Assert.All(results.OfType<string>(), m => Assert.Matches("^configmaps \"c\\d+\" is forbidden: exceeded quota: q, requested: configmaps=1, used: configmaps=10, limited: configmaps=10$", m));
        var quota = await server.Client.GetAsync<ResourceQuota>("default", "q");
        Assert.Equal("10", quota.Status.Used["configmaps"].ToString());
    }

    [Fact]
    public async Task PodsMustSayWhatTheyWant()
    {
        await using var server = await TestApiServer.StartAsync();
        await server.Client.CreateAsync(new ServiceAccount { Metadata = { Namespace = "default", Name = "default" } });
        await QuotaAsync(server.Client, "q", ("pods", "1"), ("limits.cpu", "1"), ("requests.memory", "1Gi"));
        Assert.Equal("pods \"p\" is forbidden: failed quota: q: must specify limits.cpu for: c; requests.memory for: c", await TryAsync(server.Client, Pods.Plain()));
        var pod = Pods.Plain();
        pod.Spec.Containers[0].Resources = new ResourceRequirements { Limits = { ["cpu"] = "2" }, Requests = { ["memory"] = "64Mi", ["cpu"] = "1" } };
        Assert.Equal("pods \"p\" is forbidden: exceeded quota: q, requested: limits.cpu=2, used: limits.cpu=0, limited: limits.cpu=1", await TryAsync(server.Client, pod.Clone()));
        pod.Spec.Containers[0].Resources.Limits["cpu"] = "1";
        Assert.Null(await TryAsync(server.Client, pod.Clone()));
        pod.Metadata.Name = "p2";
        Assert.Equal("pods \"p2\" is forbidden: exceeded quota: q, requested: limits.cpu=1,pods=1, used: limits.cpu=1,pods=1, limited: limits.cpu=1,pods=1", await TryAsync(server.Client, pod));
    }

    private static async Task QuotaAsync(IKubeClient client, string name, params (string Name, string Amount)[] hard)
    {
        var quota = new ResourceQuota { Metadata = { Namespace = "default", Name = name } };
        foreach (var (resource, amount) in hard)
        {
            quota.Spec.Hard[resource] = amount;
            quota.Status.Hard[resource] = amount;
            quota.Status.Used[resource] = "0";
        }

        var created = await client.CreateAsync(quota.Clone());
        quota.Metadata = created.Metadata.Clone();
        await client.UpdateStatusAsync(quota);
    }

    private static async Task<string?> TryAsync<T>(IKubeClient client, T obj)
        where T : KubeObject, IKubeKind<T>
    {
        try
        {
            await client.CreateAsync(obj);
            return null;
        }
        catch (KubeStatusException e)
        {
            return e.Message;
        }
    }
}
