namespace Kobune.Store.Tests.Conformance;

public abstract class WatchConformance<TBackend> : StoreSuite<TBackend>
    where TBackend : Backend, new()
{
    [Fact]
    public async Task A_watch_from_now_sees_what_is_written_after_the_call()
    {
        await Store.Put("/a", "1");
        await using var watch = new WatchReader(Store, "", 0);
        await Store.Put("/a", "2");
        await Store.Delete("/a");
        await Store.Put("/a", "4");
        Assert.Equal("*/a=2@2<1 -/a@3<2 +/a=4@4", (await watch.UntilAsync(4)).Text());
    }

    [Fact]
    public async Task A_watch_from_the_past_replays_and_goes_on_live()
    {
        await Store.Put("/a/1", "1");
        await Store.Put("/b/1", "2");
        await Store.Put("/a/1", "3");
        await using var watch = new WatchReader(Store, "/a/", 1);
        Assert.Equal("+/a/1=1@1 */a/1=3@3<1", (await watch.UntilAsync(3)).Text());
        await Store.Delete("/a/1");
        Assert.Equal("-/a/1@4<3", (await watch.UntilAsync(4)).Skip(2).Text());
        Assert.Equal(1, watch.Events[^1].CreateRevision);
    }

    [Fact]
    public async Task A_watch_tells_at_once_that_it_stands()
    {
        await Store.Put("/a", "1");
        await using var watch = new WatchReader(Store, "/b/", 0);
        var first = await watch.NextAsync();
        Assert.Equal((1, 0), (first!.Revision, first.Events.Count));
    }

    [Fact]
    public async Task A_watch_learns_of_revisions_that_did_not_touch_its_prefix()
    {
        await using var watch = new WatchReader(Store, "/b/", 0);
        await watch.NextAsync();
        for (var i = 0; i < 50; i++)
        {
            var revision = await Store.Put("/a", $"{i}");
            Assert.Equal(revision, await Store.CurrentRevisionAsync());
            Assert.Empty(await watch.UntilAsync(revision));
        }

        var quiet = await Store.Put("/a", "no one asks for the revision now");
        await watch.UntilAsync(quiet);
    }

    [Fact]
    public async Task A_watch_from_the_future_waits_for_its_revision()
    {
        await using var watch = new WatchReader(Store, "", 3);
        await watch.NextAsync();
        for (var i = 1; i <= 4; i++)
        {
            await Store.Put("/a", $"{i}");
        }

        Assert.Equal("*/a=3@3<2 */a=4@4<3", (await watch.UntilAsync(4)).Text());
    }

    [Fact]
    public async Task Under_64_writers_every_watch_gets_every_change_once_and_in_order()
    {
        const int Writers = 64, Each = 40, Total = Writers * Each;
        await using var early = new WatchReader(Store, "", 1);
        var reading = early.UntilAsync(Total);
        var writing = Task.WhenAll(Enumerable.Range(0, Writers).Select(WriteAsync));
        var joining = JoinAsync();

        await writing;
        Assert.Equal(Total, await Store.CurrentRevisionAsync());
        Assert.Equal(Enumerable.Range(1, Total), (await reading).Select(change => (int)change.Revision));
        foreach (var (from, events) in await joining)
        {
            Assert.Equal(Enumerable.Range(from, Total - from + 1), events.Select(change => (int)change.Revision));
        }

        // Each change names the one before it of the same key: the values form unbroken chains.
        foreach (var chain in early.Events.GroupBy(change => change.Key))
        {
            Assert.Equal(Enumerable.Range(0, Each).Select(i => $"{i}"), chain.Select(change => System.Text.Encoding.UTF8.GetString(change.Value!.Value.Span)));
            Assert.Equal(chain.SkipLast(1).Select(change => change.Revision), chain.Skip(1).Select(change => change.Previous!.ModRevision));
        }

        async Task WriteAsync(int writer)
        {
            for (var i = 0; i < Each; i++)
            {
                await Store.Put($"/k/{writer}", $"{i}");
            }
        }

        async Task<List<(int From, IReadOnlyList<StoreEvent> Events)>> JoinAsync()
        {
            var joined = new List<(int, IReadOnlyList<StoreEvent>)>();
            while (!writing.IsCompleted && joined.Count < 8)
            {
                var from = (int)Math.Max(1, await Store.CurrentRevisionAsync() / 2);
                await using var late = new WatchReader(Store, "", from);
                joined.Add((from, [.. await late.UntilAsync(Total)]));
            }

            return joined;
        }
    }

    [Fact]
    public async Task A_long_history_is_replayed_in_pages()
    {
        const int Total = 1500;
        await Task.WhenAll(Enumerable.Range(0, Total).Select(i => Store.Put($"/{i % 2}/{i}", "x")));
        await using var watch = new WatchReader(Store, "/1/", 1);
        Assert.Equal(Total / 2, (await watch.UntilAsync(Total)).Count);
    }

    [Fact]
    public async Task A_watcher_that_falls_too_far_behind_is_cut_off()
    {
        var store = Open(pendingEvents: 10);
        await using var slow = new WatchReader(store, "/a/", 0);
        await using var other = new WatchReader(store, "/b/", 0);
        await slow.NextAsync();
        await other.NextAsync();
        for (var i = 0; i < 11; i++)
        {
            await store.Put($"/a/{i}", "x");
        }

        await Assert.ThrowsAsync<SlowWatcherException>(slow.NextAsync);
        Assert.Empty(await other.UntilAsync(11));
        await using var again = new WatchReader(store, "/a/", 1);
        Assert.Equal(11, (await again.UntilAsync(11)).Count);
    }

    [Fact]
    public async Task Cancelling_ends_a_watch()
    {
        using var cancel = new CancellationTokenSource();
        await using var batches = Store.WatchAsync("", 0, cancel.Token).GetAsyncEnumerator();
        Assert.True(await batches.MoveNextAsync());
        var next = batches.MoveNextAsync();
        Assert.False(next.IsCompleted);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await next);
    }

    [Fact]
    public async Task Closing_the_store_ends_its_watches()
    {
        await using var watch = new WatchReader(Store, "", 0);
        await watch.NextAsync();
        await Store.Put("/a", "1");
        await Store.DisposeAsync();
        Assert.Equal("+/a=1@1", (await watch.UntilAsync(1)).Text());
        Assert.Null(await watch.NextAsync());
    }
}
