namespace Kobune.Store.Tests.Conformance;

public abstract class CompactionConformance<TBackend> : StoreSuite<TBackend>
    where TBackend : Backend, new()
{
    [Fact]
    public async Task Compaction_forgets_the_past_and_keeps_the_present()
    {
        await Store.Put("/a", "1");
        await Store.Put("/a", "2");
        await Store.Put("/b", "3");
        await Store.Delete("/b");
        await Store.Put("/a", "5");
        await Store.CompactAsync(4);

        var error = await Assert.ThrowsAsync<RevisionCompactedException>(() => Store.List("/", 3));
        Assert.Equal((3, 4), (error.Requested, error.Compacted));
        Assert.Equal("/a=2", await Store.List("/", 4));
        Assert.Equal("/a=5", await Store.List("/", 5));
        Assert.Equal("/a=5", await Store.List("/"));
        Assert.Equal(6, await Store.Put("/b", "6", expected: 0));
    }

    [Fact]
    public async Task Only_what_was_written_can_be_compacted_and_twice_is_no_error()
    {
        await Store.Put("/a", "1");
        await Assert.ThrowsAsync<FutureRevisionException>(async () => await Store.CompactAsync(2));
        await Store.CompactAsync(1);
        await Store.CompactAsync(1);
        Assert.Equal("/a=1", await Store.List("/", 1));
    }

    [Fact]
    public async Task Compaction_to_the_newest_revision_leaves_the_revision_as_it_is()
    {
        await Store.Put("/a", "1");
        await Store.Delete("/a");
        await Store.CompactAsync(2);
        Assert.Equal(2, await Store.CurrentRevisionAsync());
        Assert.Equal("", await Store.List("/"));
        Assert.Equal(3, await Store.Put("/a", "3", expected: 0));
    }

    [Fact]
    public async Task A_watch_from_before_the_compaction_is_refused()
    {
        for (var i = 1; i <= 4; i++)
        {
            await Store.Put("/a", $"{i}");
        }

        await Store.CompactAsync(3);
        await using var old = new WatchReader(Store, "", 2);
        var error = await Assert.ThrowsAsync<RevisionCompactedException>(old.NextAsync);
        Assert.Equal((2, 3), (error.Requested, error.Compacted));

        await using var watch = new WatchReader(Store, "", 4);
        Assert.Equal("*/a=4@4<3", (await watch.UntilAsync(4)).Text());
    }

    [Fact]
    public async Task Readers_never_miss_a_key_while_history_is_compacted()
    {
        const int Keys = 20, Rounds = 60;
        for (var i = 0; i < Keys; i++)
        {
            await Store.Put($"/k/{i:d2}", "0");
        }

        var writing = WriteAndCompactAsync();
        var reads = 0;
        do
        {
            var range = await Store.RangeAsync(KeyRange.Prefix("/k/"));
            Assert.Equal(Keys, range.Items.Count);
            reads++;
        }
        while (!writing.IsCompleted);

        await writing;
        Assert.True(reads > 0);

        async Task WriteAndCompactAsync()
        {
            for (var round = 1; round <= Rounds; round++)
            {
                var revisions = await Task.WhenAll(Enumerable.Range(0, Keys).Select(i => Store.Put($"/k/{i:d2}", $"{round}")));
                await Store.CompactAsync(revisions.Max());
            }
        }
    }
}
