using Kobune.Store.Mvcc;

namespace Kobune.Store.Sqlite;

/// <summary>A read connection. Every call sees one snapshot of the log, and does not hold it afterwards.</summary>
internal sealed class LogReader : IDisposable
{
    private const int PageRows = 512;
    private const int PageBytes = 4 << 20;
    private readonly SqliteConnection _connection;
    private readonly SqliteStatement _begin, _end, _value, _single, _rows;

    public LogReader(SqliteStoreOptions options)
    {
        _connection = new SqliteConnection(options.Path, readOnly: true);
        _connection.Execute($"PRAGMA cache_size=-{options.CacheKilobytes / 4}");
        _begin = _connection.Prepare("BEGIN");
        _end = _connection.Prepare("COMMIT");
        _value = _connection.Prepare("SELECT value FROM log WHERE rev=?1");
        _single = _connection.Prepare("SELECT created,version,lease,value FROM log WHERE rev=?1");
        _rows = _connection.Prepare("SELECT rev,key,created,version,lease,prev,value FROM log WHERE rev>=?1 AND rev<=?2 ORDER BY rev");
    }

    /// <summary>The values of the selected keys; null when compaction took one of them in the meantime.</summary>
    public KeyValue[]? Values(IReadOnlyList<(string Key, Entry Entry)> items, CancellationToken cancellationToken) => InSnapshot(() =>
    {
        var found = new KeyValue[items.Count];
        for (var i = 0; i < found.Length; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var (key, entry) = items[i];
            if (Value(entry.Revision) is not { } value)
            {
                return null;
            }

            found[i] = entry.ToKeyValue(key, value);
        }

        return found;
    });

    /// <summary>Consecutive events from the revision on; null when compaction has taken some of them or what they replaced.</summary>
    public List<StoreEvent>? Events(long from, long to) => InSnapshot(() =>
    {
        var rows = ReadRows(from, to);
        if (rows.Count == 0)
        {
            return null;
        }

        var events = new List<StoreEvent>(rows.Count);
        foreach (var (key, entry, previous, value) in rows)
        {
            KeyValue? replaced = null;
            if (previous != 0 && (replaced = Replaced(key, previous)) is null)
            {
                return null;
            }

            events.Add(new StoreEvent(key, value, entry.Revision, entry.CreateRevision, replaced));
        }

        return events;
    });

    private List<LogRow> ReadRows(long from, long to)
    {
        var rows = new List<LogRow>();
        var bytes = 0;
        _rows.Bind(1, from).Bind(2, to);
        while (rows.Count < PageRows && bytes < PageBytes && _rows.Step())
        {
            if (_rows.Integer(0) != from + rows.Count)
            {
                rows.Clear();
                break;
            }

            var row = CurrentRow();
            bytes += row.Value?.Length ?? 0;
            rows.Add(row);
        }

        _rows.Reset();
        return rows;
    }

    private LogRow CurrentRow()
    {
        var entry = new Entry(_rows.Integer(0), _rows.Integer(2), _rows.Integer(3), _rows.Integer(4));

        // A null array would turn into an empty value, not into none.
        var value = entry.IsLive ? new ReadOnlyMemory<byte>(_rows.Blob(6)) : (ReadOnlyMemory<byte>?)null;
        return new LogRow(_rows.Text(1), entry, _rows.Integer(5), value);
    }

    private KeyValue? Replaced(string key, long revision)
    {
        _single.Bind(1, revision);
        var found = _single.Step()
            ? new KeyValue(key, _single.Blob(3), _single.Integer(0), revision, _single.Integer(1), _single.Integer(2))
            : null;
        _single.Reset();
        return found;
    }

    private byte[]? Value(long revision)
    {
        _value.Bind(1, revision);
        var value = _value.Step() ? _value.Blob(0) : null;
        _value.Reset();
        return value;
    }

    private T InSnapshot<T>(Func<T> read)
    {
        _begin.Run();
        try
        {
            return read();
        }
        finally
        {
            _rows.Reset();
            _value.Reset();
            _end.Run();
        }
    }

    public void Dispose()
    {
        foreach (var statement in (SqliteStatement[])[_begin, _end, _value, _rows, _single])
        {
            statement.Dispose();
        }

        _connection.Dispose();
    }
}
