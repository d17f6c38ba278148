using Kobune.Store.Watch;

namespace Kobune.Store.Sqlite;

/// <summary>Where the store lives and how much it keeps.</summary>
/// <param name="Path">The database file. Beside it lie SQLite's "-wal" and "-shm" and our ".lock".</param>
public sealed record SqliteStoreOptions(string Path)
{
    /// <summary>Writes that may wait for the commit loop; further writers wait for a place.</summary>
    public int QueueCapacity { get; init; } = 4096;

    /// <summary>The most writes that share one transaction.</summary>
    public int BatchSize { get; init; } = 512;

    /// <summary>The write connection's page cache, in KiB. Readers have a quarter of it each.</summary>
    public int CacheKilobytes { get; init; } = 2048;

    /// <summary>Connections for reading; further readers wait.</summary>
    public int Readers { get; init; } = 4;

    /// <summary>The write-ahead log is copied back into the database when it has so many pages of 4 KiB.</summary>
    public int CheckpointPages { get; init; } = 1000;

    /// <summary>
    /// The most that the database file may grow to. Beyond it writes fail with <see cref="StoreFailedException"/>; with
    /// <see cref="AutoCompact"/> the store first gives up all history to make room.
    /// </summary>
    public long MaxBytes { get; init; } = 8L << 30;

    /// <summary>Compacts by itself, after writes, so that history stays within the two bounds below.</summary>
    public bool AutoCompact { get; init; } = true;

    /// <summary>The most superseded history that stays, in revisions.</summary>
    public long RetainRevisions { get; init; } = 250_000;

    /// <summary>How long history stays readable, unless there is more of it than <see cref="RetainRevisions"/>.</summary>
    public TimeSpan RetainTime { get; init; } = TimeSpan.FromMinutes(5);

    public WatchLimits Watch { get; init; } = WatchLimits.Default;
}
