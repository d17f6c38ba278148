using Kobune.Store.Memory;
using Kobune.Store.Sqlite;
using Kobune.Store.Watch;

namespace Kobune.Store.Tests.Conformance;

/// <summary>Opens a fresh, empty store of one kind. The suite below knows nothing else of it.</summary>
public abstract class Backend : IAsyncDisposable
{
    internal abstract IStore Open(TimeProvider? time = null, int? pendingEvents = null);

    public virtual ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

public sealed class MemoryBackend : Backend
{
    internal override IStore Open(TimeProvider? time = null, int? pendingEvents = null) =>
        new MemoryStore(time, new WatchLimits(pendingEvents ?? 10_000, TimeSpan.Zero));
}

public sealed class SqliteBackend : Backend
{
    private readonly TemporaryFolder _folder = new();

    internal override IStore Open(TimeProvider? time = null, int? pendingEvents = null) => SqliteStore.Open(
        new SqliteStoreOptions(_folder.Path("store.db")) { Watch = WatchLimits.Default with { PendingEvents = pendingEvents ?? 10_000 } },
        time ?? TimeProvider.System);

    public override ValueTask DisposeAsync()
    {
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }
}

public sealed class MemoryWrites : WriteConformance<MemoryBackend>;

public sealed class SqliteWrites : WriteConformance<SqliteBackend>;

public sealed class MemoryRanges : RangeConformance<MemoryBackend>;

public sealed class SqliteRanges : RangeConformance<SqliteBackend>;

public sealed class MemoryWatches : WatchConformance<MemoryBackend>;

public sealed class SqliteWatches : WatchConformance<SqliteBackend>;

public sealed class MemoryCompaction : CompactionConformance<MemoryBackend>;

public sealed class SqliteCompaction : CompactionConformance<SqliteBackend>;

public sealed class MemoryLeases : LeaseConformance<MemoryBackend>;

public sealed class SqliteLeases : LeaseConformance<SqliteBackend>;
