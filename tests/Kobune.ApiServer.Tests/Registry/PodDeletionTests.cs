using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.Api.Meta.V1;
using Kobune.Client;
using Kobune.Testing.ApiServers;

namespace Kobune.ApiServer.Tests.Registry;

public sealed class PodDeletionTests : IAsyncLifetime
{
    private TestApiServer server = null!;

    private IKubeClient Client => server.Client;

    public async ValueTask InitializeAsync()
    {
        server = await TestApiServer.StartAsync();
        await Client.CreateAsync(new ServiceAccount { Metadata = new() { Name = "default", Namespace = "default" } });
    }

    public ValueTask DisposeAsync() => server.DisposeAsync();

    [Fact]
    public async Task A_pod_without_a_node_goes_at_once()
    {
        await Client.CreateAsync(Pod());
        await Client.DeleteAsync<Pod>("default", "p");
        await Assert.ThrowsAsync<KubeStatusException>(() => Client.GetAsync<Pod>("default", "p"));
    }

    [Fact]
    public async Task A_bound_pod_waits_for_its_kubelet_and_a_later_deletion_may_only_shorten_it()
    {
        await Client.CreateAsync(Pod());
        await BindAsync();
        await Client.DeleteAsync<Pod>("default", "p");
        Assert.Equal(30, (await Client.GetAsync<Pod>("default", "p")).Metadata.DeletionGracePeriodSeconds);
        await Client.DeleteAsync<Pod>("default", "p", new DeleteOptions { GracePeriodSeconds = 60 });
        Assert.Equal(30, (await Client.GetAsync<Pod>("default", "p")).Metadata.DeletionGracePeriodSeconds);
        await Client.DeleteAsync<Pod>("default", "p", new DeleteOptions { GracePeriodSeconds = 5 });
        Assert.Equal(5, (await Client.GetAsync<Pod>("default", "p")).Metadata.DeletionGracePeriodSeconds);
        await Client.DeleteAsync<Pod>("default", "p", new DeleteOptions { GracePeriodSeconds = 0 });
        await Assert.ThrowsAsync<KubeStatusException>(() => Client.GetAsync<Pod>("default", "p"));
    }

    [Fact]
    public async Task A_pod_is_bound_once()
    {
        await Client.CreateAsync(Pod());
        await BindAsync();
        var pod = await Client.GetAsync<Pod>("default", "p");
        Assert.Equal("node", pod.Spec.NodeName);
        Assert.Contains(pod.Status.Conditions, c => c is { Type: "PodScheduled", Status: "True" });
        Assert.True((await Assert.ThrowsAsync<KubeStatusException>(BindAsync)).IsConflict);
    }

    private Task BindAsync()
    {
        var binding = new Binding { Metadata = new() { Name = "p", Namespace = "default" } };
        binding.Target.Kind = "Node";
        binding.Target.Name = "node";
        return Client.CreateSubresourceAsync(ResourceInfo.Of<Pod>(), "default", "p", "binding", binding);
    }

    private static Pod Pod()
    {
        var pod = new Pod { Metadata = new() { Name = "p", Namespace = "default" } };
        pod.Spec.Containers.Add(new Container { Name = "c", Image = "busybox" });
        return pod;
    }
}
