using Kobune.Api.Core.V1;
using Kobune.Client;
using Kobune.Testing.ApiServers;

namespace Kobune.ApiServer.Tests.Registry;

/// <summary>Many watchers: each sees every event once, in order.</summary>
public sealed class FanOutTests
{
    [Fact]
    public async Task Every_watcher_sees_every_event_once_in_order()
    {
        const int watchers = 50;
        const int objects = 500;
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await using var server = await TestApiServer.StartAsync();
        var start = await server.Client.ListAsync<ConfigMap>("default");
        var seen = Enumerable.Range(0, watchers).Select(_ => CollectAsync(server.Client, start.Metadata.ResourceVersion, objects, patience.Token)).ToList();
        for (var i = 0; i < objects; i++)
        {
            await server.Client.CreateAsync(CrudTests.Map($"m{i}"));
        }

        var expected = Enumerable.Range(0, objects).Select(i => $"m{i}").ToList();
        foreach (var names in await Task.WhenAll(seen))
        {
            Assert.Equal(expected, names);
        }
    }

    private static async Task<List<string>> CollectAsync(IKubeClient client, string from, int count, CancellationToken cancellationToken)
    {
        await Task.Yield();
        var names = new List<string>();
        await foreach (var change in client.WatchAsync<ConfigMap>("default", new WatchOptions { ResourceVersion = from }, cancellationToken))
        {
            names.Add(change.Object.Metadata.Name);
            if (names.Count == count)
            {
                break;
            }
        }

        return names;
    }
}
