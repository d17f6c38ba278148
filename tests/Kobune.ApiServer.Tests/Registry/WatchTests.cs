using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.Client;
using Kobune.Testing.ApiServers;

namespace Kobune.ApiServer.Tests.Registry;

public sealed class WatchTests : IAsyncLifetime
{
    private readonly CancellationTokenSource patience = new(TimeSpan.FromSeconds(30));
    private TestApiServer server = null!;

    private IKubeClient Client => server.Client;

    public async ValueTask InitializeAsync() => server = await TestApiServer.StartAsync();

    public async ValueTask DisposeAsync()
    {
        patience.Dispose();
        await server.DisposeAsync();
    }

    [Fact]
    public async Task A_watch_from_a_list_sees_each_change_once_in_order()
    {
        var list = await Client.ListAsync<ConfigMap>("default");
        var map = (await Client.CreateAsync(CrudTests.Map("a"))).Clone();
        map.Data["x"] = "2";
        await Client.UpdateAsync(map);
        await Client.DeleteAsync<ConfigMap>("default", "a");
        await Client.CreateAsync(CrudTests.Map("b"));
        var seen = await TakeAsync(new WatchOptions { ResourceVersion = list.Metadata.ResourceVersion }, 4);
        Assert.Equal(["Added a", "Modified a", "Deleted a", "Added b"], seen.Select(e => $"{e.Type} {e.Object.Metadata.Name}"));
        Assert.True(long.Parse(seen[2].Object.Metadata.ResourceVersion) > long.Parse(seen[1].Object.Metadata.ResourceVersion));
    }

    [Fact]
    public async Task A_selector_turns_changes_into_coming_and_going()
    {
        var list = await Client.ListAsync<ConfigMap>("default");
        var map = (await Client.CreateAsync(CrudTests.Map("a"))).Clone();
        map.Metadata.Labels["in"] = "yes";
        map = (await Client.UpdateAsync(map)).Clone();
        map.Metadata.Labels.Clear();
        await Client.UpdateAsync(map);
        var seen = await TakeAsync(new WatchOptions { ResourceVersion = list.Metadata.ResourceVersion, LabelSelector = "in=yes" }, 2);
        Assert.Equal([WatchEventType.Added, WatchEventType.Deleted], seen.Select(e => e.Type));
    }

    [Fact]
    public async Task Initial_events_end_with_a_marked_bookmark()
    {
        await Client.CreateAsync(CrudTests.Map("a"));
        await Client.CreateAsync(CrudTests.Map("b"));
        var seen = await TakeAsync(new WatchOptions { SendInitialEvents = true }, 3);
        Assert.Equal([WatchEventType.Added, WatchEventType.Added, WatchEventType.Bookmark], seen.Select(e => e.Type));
        Assert.Equal("true", seen[2].Object.Metadata.Annotations["k8s.io/initial-events-end"]);
    }

    [Fact]
    public async Task In_process_readers_share_one_object_per_revision()
    {
        await Client.CreateAsync(CrudTests.Map("a"));
        Assert.Same(await Client.GetAsync<ConfigMap>("default", "a"), (await Client.ListAsync<ConfigMap>("default")).Items[0]);
    }

    [Fact]
    public async Task A_version_from_before_the_history_is_expired()
    {
        await Client.ListAsync<Secret>("default");
        var error = await Assert.ThrowsAsync<KubeStatusException>(async () =>
        {
            await foreach (var change in Client.WatchAsync<Secret>("default", new WatchOptions { ResourceVersion = "1" }, patience.Token))
            {
                Assert.Fail($"{change.Type} came instead");
            }
        });
        Assert.Equal(410, error.Code);
    }

    private async Task<List<WatchEvent<ConfigMap>>> TakeAsync(WatchOptions options, int count)
    {
        var seen = new List<WatchEvent<ConfigMap>>();
        await foreach (var change in Client.WatchAsync<ConfigMap>("default", options, patience.Token))
        {
            seen.Add(change);
            if (seen.Count == count)
            {
                break;
            }
        }

        return seen;
    }
}
