using Kobune.Store.Sqlite;

namespace Kobune.Store.Tests.Sqlite;

public sealed class SqliteStoreTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly ManualTime _time = new();

    private SqliteStoreOptions Options => new(_folder.Path("store.db"));

    [Fact]
    public async Task Everything_is_there_again_after_reopening()
    {
        await using (var store = Open())
        {
            await store.Put("/a", "1");
            await store.Put("/b", "2");
            await store.Put("/a", "3");
            await store.Delete("/b");
            await store.Put("/c", "5");
        }

        await using var again = Open();
        Assert.Equal(5, await again.CurrentRevisionAsync());
        Assert.Equal("/a=3 /c=5", await again.List("/"));
        Assert.Equal("/a=1 /b=2", await again.List("/", 2));
        var item = await again.Get("/a");
        Assert.Equal((1, 3, 2), (item!.CreateRevision, item.ModRevision, item.Version));
        await using var watch = new WatchReader(again, "", 1);
        Assert.Equal("+/a=1@1 +/b=2@2 */a=3@3<1 -/b@4<2 +/c=5@5", (await watch.UntilAsync(5)).Text());
        Assert.Equal(6, await again.Put("/b", "6", expected: 0));
    }

    [Fact]
    public async Task Compaction_outlives_reopening_even_when_nothing_is_left()
    {
        await using (var store = Open())
        {
            await store.Put("/a", "1");
            await store.Delete("/a");
            await store.CompactAsync(2);
        }

        await using var again = Open();
        Assert.Equal(2, await again.CurrentRevisionAsync());
        await Assert.ThrowsAsync<RevisionCompactedException>(() => again.List("/", 1));
        Assert.Equal(3, await again.Put("/a", "3", expected: 0));
    }

    [Fact]
    public async Task A_lease_starts_anew_after_reopening()
    {
        long lease;
        await using (var store = Open())
        {
            lease = await store.GrantLeaseAsync(TimeSpan.FromSeconds(10));
            await store.Put("/a", "1", lease: lease);
            _time.Advance(TimeSpan.FromSeconds(9));
        }

        await using var again = Open();
        _time.Advance(TimeSpan.FromSeconds(9));
        Assert.True(await again.KeepLeaseAliveAsync(lease));
        await using var watch = new WatchReader(again, "", 0);
        _time.Advance(TimeSpan.FromSeconds(11));
        Assert.Equal("-/a@2<1", (await watch.UntilAsync(2)).Text());
    }

    [Fact]
    public async Task The_files_are_for_their_owner_only()
    {
        await using var store = Open();
        await store.Put("/a", "1");
        await store.Get("/a");
        foreach (var suffix in new[] { "", "-wal", "-shm", ".lock" })
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Options.Path + suffix));
        }
    }

    [Fact]
    public async Task A_second_opening_is_refused()
    {
        await using (Open())
        {
            var error = Assert.Throws<StoreOpenException>(Open);
            Assert.Contains("in use", error.Message, StringComparison.Ordinal);
        }

        await Open().DisposeAsync();
    }

    [Theory]
    [InlineData("PRAGMA user_version=2", "newer")]
    [InlineData("PRAGMA application_id=1", "not a Kobune store")]
    public async Task Files_that_are_not_ours_are_refused(string change, string reason)
    {
        await Open().DisposeAsync();
        using (var connection = new SqliteConnection(Options.Path, readOnly: false))
        {
            connection.Execute(change);
        }

        Assert.Contains(reason, Assert.Throws<StoreOpenException>(Open).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_is_no_database_is_refused_and_left_alone()
    {
        var text = string.Concat(Enumerable.Repeat("this is not a database ", 100));
        await File.WriteAllTextAsync(Options.Path, text);
        Assert.Throws<StoreOpenException>(Open);
        Assert.Equal(text, await File.ReadAllTextAsync(Options.Path));
    }

    [Fact]
    public async Task History_and_files_stay_bounded_by_the_number_of_revisions()
    {
        const int Writes = 20_000, Retain = 500;
        await using var store = SqliteStore.Open(Options with { RetainRevisions = Retain, CheckpointPages = 200 }, _time);
        long largestLog = 0;
        for (var done = 0; done < Writes; done += 100)
        {
            await Task.WhenAll(Enumerable.Range(0, 100).Select(i => store.Put($"/{i}", new string('x', 1000))));
            largestLog = Math.Max(largestLog, new FileInfo(Options.Path + "-wal").Length);
        }

        var error = await Assert.ThrowsAsync<RevisionCompactedException>(() => store.Get("/1", 1));
        Assert.InRange(error.Compacted, Writes - (3 * Retain), Writes - Retain);
        Assert.InRange(new FileInfo(Options.Path).Length, 0, 8_000_000);
        Assert.InRange(largestLog, 0, 8_000_000);
        Assert.Equal("x", (await store.Get("/1", Writes - Retain + 1))!.Text()[..1]);
    }

    [Fact]
    public async Task History_ages_out()
    {
        await using var store = Open();
        for (var minute = 0; minute < 10; minute++)
        {
            await store.Put("/a", $"{minute}");
            _time.Advance(TimeSpan.FromMinutes(1));
        }

        var error = await Assert.ThrowsAsync<RevisionCompactedException>(() => store.Get("/a", 1));
        Assert.InRange(error.Compacted, 3, 5);
        Assert.Equal("5", (await store.Get("/a", 6))!.Text());
    }

    [Fact]
    public async Task Freed_space_goes_back_to_the_file_system()
    {
        await using var store = SqliteStore.Open(Options with { CheckpointPages = 200 }, _time);
        await Task.WhenAll(Enumerable.Range(0, 8000).Select(i => store.Put($"/{i}", new string('x', 4000))));
        await Task.WhenAll(Enumerable.Range(0, 8000).Select(i => store.Delete($"/{i}")));
        var full = new FileInfo(Options.Path).Length;
        await store.CompactAsync(await store.CurrentRevisionAsync());

        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (new FileInfo(Options.Path).Length > full / 4)
        {
            limit.Token.ThrowIfCancellationRequested();
            await store.Put("/other", "writes go on meanwhile");
        }
    }

    [Fact]
    public async Task A_full_queue_makes_writers_wait_and_loses_nothing()
    {
        await using var store = SqliteStore.Open(Options with { QueueCapacity = 4, BatchSize = 3 }, _time);
        var revisions = await Task.WhenAll(Enumerable.Range(0, 500).Select(i => store.Put($"/{i}", "x")));
        Assert.Equal(Enumerable.Range(1, 500), revisions.Order().Select(revision => (int)revision));
    }

    [Fact]
    public async Task A_full_store_refuses_writes_whole_and_recovers_when_history_goes()
    {
        await using var store = SqliteStore.Open(Options with { MaxBytes = 1 << 20, AutoCompact = false }, _time);
        await using var watch = new WatchReader(store, "", 1);
        await watch.NextAsync();
        var last = await FillAsync(store);
        Assert.Equal(last, await store.CurrentRevisionAsync());
        Assert.Equal(last, (await store.Get("/a"))!.ModRevision);

        await store.CompactAsync(last);
        Assert.Equal(last + 1, await store.Put("/a", "there is room again", expected: last));
        Assert.Equal(Enumerable.Range(1, (int)last + 1), (await watch.UntilAsync(last + 1)).Select(change => (int)change.Revision));
        await store.DisposeAsync();
        await using var again = Open();
        Assert.Equal(last + 1, await again.CurrentRevisionAsync());
    }

    [Fact]
    public async Task A_full_store_that_compacts_by_itself_gives_up_history_to_go_on()
    {
        await using var store = SqliteStore.Open(Options with { MaxBytes = 1 << 20 }, _time);
        for (var i = 0; i < 3; i++)
        {
            var last = await FillAsync(store);
            Assert.Equal(last + 1, await store.Put("/a", "there is room again", expected: last));
        }
    }

    /// <summary>Updates one key until the store refuses; the newest revision that it took.</summary>
    private static async Task<long> FillAsync(SqliteStore store)
    {
        long last = 0;
        var error = await Assert.ThrowsAsync<StoreFailedException>(async () =>
        {
            for (var i = 0; i < 2000; i++)
            {
                last = await store.Put("/a", new string('x', 1000));
            }
        });
        Assert.Contains("full", error.Message, StringComparison.Ordinal);
        return last;
    }

    private SqliteStore Open() => SqliteStore.Open(Options, _time);

    public void Dispose() => _folder.Dispose();
}
