namespace Kobune.Store.Tests.Conformance;

public abstract class WriteConformance<TBackend> : StoreSuite<TBackend>
    where TBackend : Backend, new()
{
    [Fact]
    public async Task An_empty_store_is_at_revision_0()
    {
        Assert.Equal(0, await Store.CurrentRevisionAsync());
        Assert.Null(await Store.Get("/a"));
    }

    [Fact]
    public async Task Versions_count_from_creation_and_start_again_after_deletion()
    {
        await Store.Put("/a", "1");
        await Store.Put("/b", "1");
        await Store.Put("/a", "2");
        Assert.Equal(("2", 1L, 3L, 2L), Facts(await Store.Get("/a")));

        await Store.Delete("/a");
        Assert.Null(await Store.Get("/a"));

        await Store.Put("/a", "3");
        Assert.Equal(("3", 5L, 5L, 1L), Facts(await Store.Get("/a")));
        Assert.Equal(5, await Store.CurrentRevisionAsync());
    }

    [Fact]
    public async Task A_write_succeeds_only_at_the_expected_revision()
    {
        var created = await Store.Put("/a", "1", expected: 0);
        var updated = await Store.Put("/a", "2", expected: created);

        foreach (var wrong in new[] { 0, created, updated + 1 })
        {
            var refused = await Store.WriteAsync(new WriteRequest("/a", "x"u8.ToArray(), wrong));
            Assert.False(refused.Succeeded);
            Assert.Equal(updated, refused.Revision);
            Assert.Equal(("2", created, updated, 2L), Facts(refused.Current));
        }

        Assert.False((await Store.WriteAsync(new WriteRequest("/a", null, created))).Succeeded);
        Assert.Equal(3, await Store.Delete("/a", expected: updated));
        var absent = await Store.WriteAsync(new WriteRequest("/a", "x"u8.ToArray(), updated));
        Assert.Equal(new WriteResult(false, 3, null), absent);
        Assert.Equal(4, await Store.Put("/a", "3", expected: 0));
    }

    [Fact]
    public async Task A_success_tells_what_was_there_before()
    {
        Assert.Null((await Store.WriteAsync(new WriteRequest("/a", "1"u8.ToArray()))).Current);
        Assert.Equal("1", (await Store.WriteAsync(new WriteRequest("/a", "2"u8.ToArray()))).Current!.Text());
        Assert.Equal("2", (await Store.WriteAsync(new WriteRequest("/a", null))).Current!.Text());
    }

    [Fact]
    public async Task Deleting_nothing_succeeds_and_takes_no_revision()
    {
        await Store.Put("/a", "1");
        Assert.Equal(new WriteResult(true, 1, null), await Store.WriteAsync(new WriteRequest("/b", null)));
        Assert.Equal(new WriteResult(true, 1, null), await Store.WriteAsync(new WriteRequest("/b", null, 0)));
        Assert.Equal(1, await Store.CurrentRevisionAsync());
    }

    [Fact]
    public async Task An_empty_value_is_a_value()
    {
        await Store.Put("/a", "");
        Assert.Equal(("", 1L, 1L, 1L), Facts(await Store.Get("/a")));
        await using var watch = new WatchReader(Store, "", 1);
        Assert.Equal("+/a=@1", (await watch.UntilAsync(1)).Text());
    }

    [Fact]
    public async Task Malformed_keys_are_refused()
    {
        await Assert.ThrowsAnyAsync<ArgumentException>(async () => await Store.WriteAsync(new WriteRequest("", null)));
        await Assert.ThrowsAnyAsync<ArgumentException>(async () => await Store.WriteAsync(new WriteRequest("/\ud800", null)));
    }

    [Fact]
    public async Task Of_64_writers_that_expect_the_same_one_wins_each_round()
    {
        const int Rounds = 20, Writers = 64;
        long expected = 0;
        for (var round = 0; round < Rounds; round++)
        {
            var results = await Task.WhenAll(Enumerable.Range(0, Writers)
                .Select(writer => Store.WriteAsync(new WriteRequest("/a", new[] { (byte)writer }, expected)).AsTask()));
            var won = Assert.Single(results, result => result.Succeeded);
            Assert.All(results, result => Assert.True(result.Succeeded || result.Current!.ModRevision == won.Revision));
            expected = won.Revision;
        }

        Assert.Equal(Rounds, await Store.CurrentRevisionAsync());
    }

    [Fact]
    public async Task A_cancelled_write_throws_and_changes_nothing()
    {
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await Store.WriteAsync(new WriteRequest("/a", "1"u8.ToArray()), new CancellationToken(true)));
        Assert.Null(await Store.Get("/a"));
        Assert.Equal(1, await Store.Put("/b", "1"));
    }

    [Fact]
    public async Task A_closed_store_says_so()
    {
        await Store.Put("/a", "1");
        await Store.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await Store.Put("/a", "2"));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await Store.Get("/a"));
    }

    private static (string, long, long, long) Facts(KeyValue? item) => item is null ? default :
        (item.Text(), item.CreateRevision, item.ModRevision, item.Version);
}
