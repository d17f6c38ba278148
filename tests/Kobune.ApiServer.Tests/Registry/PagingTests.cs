using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.Client;
using Kobune.Testing.ApiServers;

namespace Kobune.ApiServer.Tests.Registry;

/// <summary>Lists in pages: one revision over all pages, what remains, and going on after compaction.</summary>
public sealed class PagingTests : IAsyncLifetime
{
    private const int Count = 25;
    private TestApiServer server = null!;

    public async ValueTask InitializeAsync()
    {
        server = await TestApiServer.StartAsync();
        for (var i = 0; i < Count; i++)
        {
            await server.Client.CreateAsync(new PodTemplate
            {
                Metadata = new() { Name = $"t{i:00}", Namespace = "default", Labels = { ["odd"] = (i % 2).ToString() } },
                Template = new() { Spec = new() { Containers = [new() { Name = "c", Image = "i" }] } },
            });
        }
    }

    public ValueTask DisposeAsync() => server.DisposeAsync();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Pages_show_the_first_pages_revision(bool changedMeanwhile)
    {
        var first = await server.Client.ListAsync<PodTemplate>("default", new ListOptions { Limit = 10 });
        Assert.Equal((10, 15L), (first.Items.Count, first.Metadata.RemainingItemCount));
        if (changedMeanwhile)
        {
            await server.Client.DeleteAsync<PodTemplate>("default", "t20");
        }

        var second = await server.Client.ListAsync<PodTemplate>("default", new ListOptions { Limit = 10, Continue = first.Metadata.Continue });
        Assert.Equal((10, 5L, first.Metadata.ResourceVersion), (second.Items.Count, second.Metadata.RemainingItemCount, second.Metadata.ResourceVersion));
        var third = await server.Client.ListAsync<PodTemplate>("default", new ListOptions { Limit = 10, Continue = second.Metadata.Continue });
        Assert.Equal((5, "", first.Metadata.ResourceVersion), (third.Items.Count, third.Metadata.Continue, third.Metadata.ResourceVersion));
        Assert.Null(third.Metadata.RemainingItemCount);
        Assert.Equal(Enumerable.Range(0, Count).Select(i => $"t{i:00}"), first.Items.Concat(second.Items).Concat(third.Items).Select(i => i.Name));
    }

    [Fact]
    public async Task Selected_pages_do_not_tell_what_remains()
    {
        var names = new List<string>();
        var token = "";
        var pages = 0;
        do
        {
            var page = await server.Client.ListAsync<PodTemplate>("default", new ListOptions { Limit = 4, LabelSelector = "odd=1", Continue = token });
            Assert.Null(page.Metadata.RemainingItemCount);
            names.AddRange(page.Items.Select(i => i.Name));
            token = page.Metadata.Continue;
            // Something changes between the pages, so that they come from the store.
            await server.Client.CreateAsync(new PodTemplate
            {
                Metadata = new() { Name = $"new{pages++}", Namespace = "default", Labels = { ["odd"] = "1" } },
                Template = new() { Spec = new() { Containers = [new() { Name = "c", Image = "i" }] } },
            });
        }
        while (!string.IsNullOrEmpty(token));
        Assert.Equal(Enumerable.Range(0, Count).Where(i => i % 2 == 1).Select(i => $"t{i:00}"), names);
    }

    [Fact]
    public async Task After_compaction_the_error_carries_a_token_to_go_on_with()
    {
        var first = await server.Client.ListAsync<PodTemplate>("default", new ListOptions { Limit = 10 });
        await server.Client.DeleteAsync<PodTemplate>("default", "t24");
        // A list of now waits for the cache: until it has seen the deletion it could still answer the page as of before.
        await server.Client.ListAsync<PodTemplate>("default", new ListOptions { Limit = 1 });
        await server.Store.CompactAsync(await server.Store.CurrentRevisionAsync());
        var expired = await Assert.ThrowsAsync<KubeStatusException>(() => server.Client.ListAsync<PodTemplate>("default", new ListOptions { Limit = 10, Continue = first.Metadata.Continue }));
        Assert.Equal((410, "Expired"), (expired.Status.Code, expired.Status.Reason));
        var second = await server.Client.ListAsync<PodTemplate>("default", new ListOptions { Limit = 10, Continue = expired.Status.Metadata.Continue });
        Assert.Equal((10, 4L), (second.Items.Count, second.Metadata.RemainingItemCount));
        Assert.Equal("t10", second.Items[0].Name);
        Assert.NotEqual(first.Metadata.ResourceVersion, second.Metadata.ResourceVersion);
        var third = await server.Client.ListAsync<PodTemplate>("default", new ListOptions { Limit = 10, Continue = second.Metadata.Continue });
        Assert.Equal((4, second.Metadata.ResourceVersion), (third.Items.Count, third.Metadata.ResourceVersion));
    }
}
