using Kobune.Api.Core.V1;
using Kobune.Client;
using Kobune.Testing.ApiServers;
using Kobune.Testing.Controllers;
using Microsoft.Extensions.Logging.Abstractions;

namespace Kobune.Runtime.Tests;

public sealed class InformerTests
{
    [Fact]
    public async Task Follows_the_server_and_indexes()
    {
        await using var server = await TestApiServer.StartAsync();
        await server.Client.CreateAsync(Map("a", "red"));
        using var stop = new CancellationTokenSource();
        var factory = new InformerFactory(server.Client, TimeProvider.System, NullLoggerFactory.Instance);
        var informer = factory.Get<ConfigMap>("default");
        Assert.Same(informer, factory.Get<ConfigMap>("default"));
        var colours = informer.IndexBy("colour", m => [m.Data.GetValueOrDefault("colour", "")]);
        var seen = new TaskCompletionSource<InformerEvent<ConfigMap>>(TaskCreationOptions.RunContinuationsAsynchronously);
        var told = new List<(InformerEventType, string)>();
        informer.AddHandler(change =>
        {
            told.Add((change.Type, change.Object.Name));
            if (change.Type == InformerEventType.Deleted)
            {
                seen.TrySetResult(change);
            }
        });
        factory.Start(stop.Token);
        await factory.WaitForSyncAsync(stop.Token);
        Assert.Equal("a", Assert.Single(colours.Get("red")).Name);

        await server.Client.PatchAsync<ConfigMap>("default", "a", PatchKind.Merge, """{"data":{"colour":"blue"}}""");
        await server.Client.CreateAsync(Map("b", "blue"));
        await server.Client.DeleteAsync<ConfigMap>("default", "b");
        await seen.Task.WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal([(InformerEventType.Added, "a"), (InformerEventType.Updated, "a"), (InformerEventType.Added, "b"), (InformerEventType.Deleted, "b")], told);
        Assert.Empty(colours.Get("red"));
        Assert.Equal("a", Assert.Single(colours.Get("blue")).Name);

        var late = new List<string>();
        informer.AddHandler(change => late.Add(change.Object.Name));
        Assert.Equal(["a"], late);
        await stop.CancelAsync();
        await factory.Completion;
    }

    private static ConfigMap Map(string name, string colour)
    {
        var map = new ConfigMap { Data = { ["colour"] = colour } };
        map.Metadata.Name = name;
        map.Metadata.Namespace = "default";
        return map;
    }
}
