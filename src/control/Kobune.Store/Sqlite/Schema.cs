namespace Kobune.Store.Sqlite;

/// <summary>
/// The tables. `log` has one row per revision, so that writes go to its end; the value is the last column, because
/// loading the index then does not read values that spill to overflow pages.
/// </summary>
internal static class Schema
{
    public const int Version = 1;
    private const int ApplicationId = 0x4B4F4255; // "KOBU"

    private static readonly string[] Statements =
    [
        """
        CREATE TABLE log (
          rev INTEGER PRIMARY KEY,
          key TEXT NOT NULL,
          created INTEGER NOT NULL,
          version INTEGER NOT NULL, -- 0: a deletion
          lease INTEGER NOT NULL,
          prev INTEGER NOT NULL,    -- the revision it replaced, 0: none
          value BLOB
        )
        """,
        "CREATE TABLE lease (id INTEGER PRIMARY KEY AUTOINCREMENT, ttl_ms INTEGER NOT NULL)",
        "CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID",
        "INSERT INTO meta VALUES ('compacted', 0)",
    ];

    /// <summary>Sets the connection up for durable group commit and makes or checks the tables.</summary>
    public static void Prepare(SqliteConnection connection, SqliteStoreOptions options)
    {
        Refuse(connection, options.Path);
        connection.Execute("PRAGMA auto_vacuum=INCREMENTAL");
        connection.Execute("PRAGMA journal_mode=WAL");
        connection.Execute("PRAGMA synchronous=FULL");
        connection.Execute($"PRAGMA wal_autocheckpoint={options.CheckpointPages}");

        // After a log that grew (a long reader held it), the file is cut back to twice its usual size.
        connection.Execute($"PRAGMA journal_size_limit={options.CheckpointPages * 8192L}");
        connection.Execute($"PRAGMA cache_size=-{options.CacheKilobytes}");
        connection.Execute($"PRAGMA max_page_count={Math.Max(options.MaxBytes / 4096, 16)}");
        connection.Execute("PRAGMA temp_store=MEMORY");
        if (connection.Execute("PRAGMA user_version") == 0)
        {
            Create(connection);
        }
    }

    private static void Refuse(SqliteConnection connection, string path)
    {
        var version = connection.Execute("PRAGMA user_version");
        var application = connection.Execute("PRAGMA application_id");
        if (application != ApplicationId && (application != 0 || connection.Execute("SELECT count(*) FROM sqlite_master") > 0))
        {
            throw new StoreOpenException($"{path} is not a Kobune store");
        }

        if (version > Version)
        {
            throw new StoreOpenException($"the store {path} was written by a newer Kobune (schema {version}, this one knows {Version})");
        }
    }

    private static void Create(SqliteConnection connection)
    {
        connection.Execute("BEGIN IMMEDIATE");
        foreach (var statement in Statements)
        {
            connection.Execute(statement);
        }

        connection.Execute($"PRAGMA application_id={ApplicationId}");
        connection.Execute($"PRAGMA user_version={Version}");
        connection.Execute("COMMIT");
    }
}
