namespace Kobune.Store.Tests.Conformance;

public abstract class LeaseConformance<TBackend> : StoreSuite<TBackend>
    where TBackend : Backend, new()
{
    private readonly ManualTime _time = new();

    [Fact]
    public async Task Keys_go_with_their_lease()
    {
        var store = Open(_time);
        var lease = await store.GrantLeaseAsync(TimeSpan.FromSeconds(10));
        await store.Put("/a", "1", lease: lease);
        await store.Put("/b", "2", lease: lease);
        await store.Put("/c", "3");
        Assert.Equal(lease, (await store.Get("/a"))!.LeaseId);
        await using var watch = new WatchReader(store, "", 0);

        _time.Advance(TimeSpan.FromSeconds(9));
        Assert.Equal("/a=1 /b=2 /c=3", await store.List("/"));
        _time.Advance(TimeSpan.FromSeconds(2));

        Assert.Equal("-/a@4<1 -/b@5<2", (await watch.UntilAsync(5)).Text());
        Assert.Equal("/c=3", await store.List("/"));
        Assert.False(await store.KeepLeaseAliveAsync(lease));
    }

    [Fact]
    public async Task Renewal_counts_from_its_moment()
    {
        var store = Open(_time);
        var lease = await store.GrantLeaseAsync(TimeSpan.FromSeconds(10));
        await store.Put("/a", "1", lease: lease);
        for (var i = 0; i < 5; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(8));
            Assert.True(await store.KeepLeaseAliveAsync(lease));
        }

        Assert.NotNull(await store.Get("/a"));
        await using var watch = new WatchReader(store, "", 0);
        _time.Advance(TimeSpan.FromSeconds(11));
        await watch.UntilAsync(2);
        Assert.Null(await store.Get("/a"));
    }

    [Fact]
    public async Task A_key_written_again_without_the_lease_outlives_it()
    {
        var store = Open(_time);
        var lease = await store.GrantLeaseAsync(TimeSpan.FromSeconds(10));
        await store.Put("/a", "1", lease: lease);
        await store.Put("/a", "2");
        await store.Put("/b", "3", lease: lease);
        await store.RevokeLeaseAsync(lease);
        Assert.Equal("/a=2", await store.List("/"));
    }

    [Fact]
    public async Task An_unknown_or_ended_lease_is_refused()
    {
        var store = Open(_time);
        var lease = await store.GrantLeaseAsync(TimeSpan.FromSeconds(10));
        await store.RevokeLeaseAsync(lease);
        await store.RevokeLeaseAsync(lease);
        await Assert.ThrowsAsync<LeaseNotFoundException>(() => store.Put("/a", "1", lease: lease));
        await Assert.ThrowsAsync<LeaseNotFoundException>(() => store.Put("/a", "1", lease: lease + 7));
        Assert.False(await store.KeepLeaseAliveAsync(lease));
        Assert.NotEqual(lease, await store.GrantLeaseAsync(TimeSpan.FromSeconds(10)));
        Assert.Equal(0, await store.CurrentRevisionAsync());
    }

    [Fact]
    public async Task Without_leases_there_is_no_timer()
    {
        var store = Open(_time);
        await store.Put("/a", "1");
        Assert.Equal(0, _time.TimerCount);
        var lease = await store.GrantLeaseAsync(TimeSpan.FromSeconds(10));
        await store.Put("/b", "2", lease: lease);
        Assert.Equal(1, _time.TimerCount);
        await using var watch = new WatchReader(store, "/b", 0);
        _time.Advance(TimeSpan.FromSeconds(11));
        await watch.UntilAsync(3);
        Assert.Equal(0, _time.TimerCount);
    }
}
