using Kobune.Store.Mvcc;

namespace Kobune.Store.Sqlite;

/// <summary>The write connection and its statements. Only the commit loop uses it.</summary>
internal sealed class LogWriter : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly SqliteStatement _begin, _commit, _rollback, _insert, _delete, _value, _compacted, _addLease, _removeLease;

    public LogWriter(SqliteStoreOptions options)
    {
        _connection = new SqliteConnection(options.Path, readOnly: false);
        try
        {
            Schema.Prepare(_connection, options);
            _begin = _connection.Prepare("BEGIN IMMEDIATE");
            _commit = _connection.Prepare("COMMIT");
            _rollback = _connection.Prepare("ROLLBACK");
            _insert = _connection.Prepare("INSERT INTO log VALUES (?1,?2,?3,?4,?5,?6,?7)");
            _delete = _connection.Prepare("DELETE FROM log WHERE rev=?1");
            _value = _connection.Prepare("SELECT value FROM log WHERE rev=?1");
            _compacted = _connection.Prepare("UPDATE meta SET value=?1 WHERE name='compacted'");
            _addLease = _connection.Prepare("INSERT INTO lease(ttl_ms) VALUES (?1) RETURNING id");
            _removeLease = _connection.Prepare("DELETE FROM lease WHERE id=?1");
        }
        catch
        {
            _connection.Dispose();
            throw;
        }
    }

    public void Begin() => _begin.Run();

    public void Commit() => _commit.Run();

    public void Rollback()
    {
        try
        {
            _rollback.Run();
        }
        catch (SqliteException)
        {
            // Many errors end the transaction by themselves; then there is nothing left to roll back.
        }
    }

    public void Insert(in LogRow row) =>
        _insert.Bind(1, row.Entry.Revision).Bind(2, row.Key).Bind(3, row.Entry.CreateRevision).Bind(4, row.Entry.Version)
            .Bind(5, row.Entry.LeaseId).Bind(6, row.PreviousRevision).Bind(7, row.Value).Run();

    public void Delete(long revision) => _delete.Bind(1, revision).Run();

    /// <summary>A live revision's value, uncommitted ones included.</summary>
    public byte[] Value(long revision)
    {
        _value.Bind(1, revision);
        var value = _value.Step() ? _value.Blob(0) : null;
        _value.Reset();
        return value ?? throw new StoreFailedException($"revision {revision} is missing from the log");
    }

    public void SetCompacted(long revision) => _compacted.Bind(1, revision).Run();

    public long AddLease(TimeSpan timeToLive)
    {
        _addLease.Bind(1, (long)timeToLive.TotalMilliseconds).Step();
        var id = _addLease.Integer(0);
        _addLease.Run();
        return id;
    }

    public void RemoveLease(long id) => _removeLease.Bind(1, id).Run();

    public long FreePages() => _connection.Execute("PRAGMA freelist_count");

    public long Pages() => _connection.Execute("PRAGMA page_count");

    public void Vacuum(int pages) => _connection.Execute($"PRAGMA incremental_vacuum({pages})");

    /// <summary>Reads everything but the values into the index, and the leases.</summary>
    public List<(long Id, TimeSpan TimeToLive)> Load(MvccIndex index)
    {
        using (var rows = _connection.Prepare("SELECT rev,key,created,version,lease FROM log ORDER BY rev"))
        {
            while (rows.Step())
            {
                index.Restore(rows.Text(1), new Entry(rows.Integer(0), rows.Integer(2), rows.Integer(3), rows.Integer(4)));
            }
        }

        index.RestoreCompacted(_connection.Execute("SELECT value FROM meta WHERE name='compacted'"));
        var leases = new List<(long, TimeSpan)>();
        using var all = _connection.Prepare("SELECT id,ttl_ms FROM lease");
        while (all.Step())
        {
            leases.Add((all.Integer(0), TimeSpan.FromMilliseconds(all.Integer(1))));
        }

        return leases;
    }

    public void Dispose()
    {
        foreach (var statement in (SqliteStatement[])[_begin, _commit, _rollback, _insert, _delete, _value, _compacted, _addLease, _removeLease])
        {
            statement.Dispose();
        }

        _connection.Dispose();
    }
}
