namespace Kobune.Store.Tests.Conformance;

public abstract class RangeConformance<TBackend> : StoreSuite<TBackend>
    where TBackend : Backend, new()
{
    [Fact]
    public async Task Keys_come_in_byte_order_and_the_end_is_exclusive()
    {
        foreach (var key in new[] { "/a/b", "/a", "/a/", "/a0", "/b", "/a/\uffee", "/a/\U0001F600", "/a/a" })
        {
            await Store.Put(key, "x");
        }

        // As UTF-8, U+1F600 (F0…) sorts after U+FFEE (EF…); as UTF-16 it would not.
        Assert.Equal("/a/=x /a/a=x /a/b=x /a/\uffee=x /a/\U0001F600=x", await Store.List("/a/"));
        var range = await Store.RangeAsync(new RangeRequest("/a", "/a0"));
        Assert.Equal("/a", range.Items[0].Key);
        Assert.Equal(6, range.Count);
        Assert.Equal(8, (await Store.RangeAsync(new RangeRequest("/", KeyRange.NoEnd))).Count);
    }

    [Fact]
    public async Task A_limit_cuts_the_items_but_not_the_count()
    {
        for (var i = 0; i < 10; i++)
        {
            await Store.Put($"/a/{i}", $"{i}");
        }

        var page = await Store.RangeAsync(KeyRange.Prefix("/a/", limit: 3));
        Assert.Equal(["0", "1", "2"], page.Items.Select(item => item.Text()));
        Assert.Equal((10, true, 10), (page.Count, page.More, page.Revision));

        var rest = await Store.RangeAsync(new RangeRequest("/a/7", KeyRange.PrefixEnd("/a/"), page.Revision, 3));
        Assert.Equal(["7", "8", "9"], rest.Items.Select(item => item.Text()));
        Assert.Equal((3, false), (rest.Count, rest.More));
    }

    [Fact]
    public async Task Pages_of_one_revision_do_not_see_later_writes()
    {
        for (var i = 0; i < 6; i++)
        {
            await Store.Put($"/a/{i}", "old");
        }

        var first = await Store.RangeAsync(KeyRange.Prefix("/a/", limit: 3));
        await Store.Put("/a/4", "new");
        await Store.Delete("/a/3");
        await Store.Put("/a/9", "new");

        var second = await Store.RangeAsync(new RangeRequest("/a/3", KeyRange.PrefixEnd("/a/"), first.Revision));
        Assert.Equal(["/a/3=old", "/a/4=old", "/a/5=old"], second.Items.Select(item => $"{item.Key}={item.Text()}"));
        Assert.Equal(9, second.Revision);
        Assert.Equal("/a/0=old /a/1=old /a/2=old /a/4=new /a/5=old /a/9=new", await Store.List("/a/"));
    }

    [Fact]
    public async Task Every_past_revision_stays_readable()
    {
        await Store.Put("/a", "1");
        await Store.Put("/b", "2");
        await Store.Put("/a", "3");
        await Store.Delete("/b");
        await Store.Put("/b", "5");
        Assert.Equal(
            ["/a=1", "/a=1 /b=2", "/a=3 /b=2", "/a=3", "/a=3 /b=5"],
            await Task.WhenAll(Enumerable.Range(1, 5).Select(revision => Store.List("/", revision))));
    }

    [Fact]
    public async Task Count_only_returns_no_items()
    {
        await Store.Put("/a/1", "1");
        await Store.Put("/a/2", "2");
        await Store.Delete("/a/1");
        var now = await Store.RangeAsync(KeyRange.Prefix("/a/", countOnly: true));
        Assert.Equal((0, 1L, false), (now.Items.Count, now.Count, now.More));
        var before = await Store.RangeAsync(KeyRange.Prefix("/a/", revision: 2, countOnly: true));
        Assert.Equal(2, before.Count);
        Assert.Equal(1, (await Store.RangeAsync(new RangeRequest("/a/2", CountOnly: true))).Count);
    }

    [Fact]
    public async Task A_future_revision_is_refused()
    {
        await Store.Put("/a", "1");
        var error = await Assert.ThrowsAsync<FutureRevisionException>(() => Store.Get("/a", revision: 2));
        Assert.Equal((2, 1), (error.Requested, error.Current));
    }

    [Fact]
    public async Task Thousands_of_keys_in_any_order_come_out_sorted()
    {
        const int Count = 3000;
        var random = new Random(1);
        var keys = Enumerable.Range(0, Count).Select(i => $"/k/{i:d5}").ToArray();
        random.Shuffle(keys);
        await Task.WhenAll(keys.Select(key => Store.Put(key, key)));
        await Task.WhenAll(keys.Take(Count / 2).Select(key => Store.Delete(key)));

        var range = await Store.RangeAsync(KeyRange.Prefix("/k/"));
        Assert.Equal(keys.Skip(Count / 2).Order(StringComparer.Ordinal), range.Items.Select(item => item.Key));
        Assert.All(range.Items, item => Assert.Equal(item.Key, item.Text()));
        Assert.Equal(Count, (await Store.RangeAsync(KeyRange.Prefix("/k/", revision: Count, countOnly: true))).Count);
    }

    [Fact]
    public async Task A_cancelled_read_throws() => await Assert.ThrowsAnyAsync<OperationCanceledException>(
        async () => await Store.RangeAsync(new RangeRequest("/a"), new CancellationToken(true)));
}
