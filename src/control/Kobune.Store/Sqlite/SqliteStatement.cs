using System.Text;

namespace Kobune.Store.Sqlite;

/// <summary>A prepared statement. Parameters count from 1, columns from 0, as in SQLite.</summary>
internal sealed unsafe class SqliteStatement : IDisposable
{
    private const uint PreparePersistent = 1;
    private const int StackBytes = 512;
    private readonly SqliteConnection _connection;
    private nint _handle;

    public SqliteStatement(SqliteConnection connection, string sql)
    {
        _connection = connection;
        var utf8 = Encoding.UTF8.GetBytes(sql);
        fixed (byte* text = utf8)
        {
            connection.Check(Native.Prepare(connection.Handle, text, utf8.Length, PreparePersistent, out _handle, out _));
        }
    }

    public SqliteStatement Bind(int index, long value)
    {
        _connection.Check(Native.BindInteger(_handle, index, value));
        return this;
    }

    public SqliteStatement Bind(int index, string value)
    {
        var size = Encoding.UTF8.GetMaxByteCount(value.Length);
        var buffer = size <= StackBytes ? stackalloc byte[StackBytes] : new byte[size];
        var length = Encoding.UTF8.GetBytes(value, buffer);
        fixed (byte* text = buffer)
        {
            _connection.Check(Native.BindText(_handle, index, text, length, Native.Transient));
        }

        return this;
    }

    public SqliteStatement Bind(int index, ReadOnlyMemory<byte>? value)
    {
        if (value is not { } bytes)
        {
            _connection.Check(Native.BindNull(_handle, index));
        }
        else if (bytes.IsEmpty)
        {
            // A blob at the null pointer would be NULL, which means a tombstone here.
            _connection.Check(Native.BindEmptyBlob(_handle, index, 0));
        }
        else
        {
            fixed (byte* start = bytes.Span)
            {
                _connection.Check(Native.BindBlob(_handle, index, start, bytes.Length, Native.Transient));
            }
        }

        return this;
    }

    /// <summary>Goes to the next row; after the last one, or an error, the statement is ready for new parameters.</summary>
    public bool Step()
    {
        var code = Native.Step(_handle);
        if (code == Native.Row)
        {
            return true;
        }

        var error = code == Native.Done ? null : _connection.Error(code);
        Native.Reset(_handle);
        return error is null ? false : throw error;
    }

    public void Run()
    {
        while (Step())
        {
        }
    }

    public void Reset() => Native.Reset(_handle);

    public long Integer(int column) => Native.ColumnInteger(_handle, column);

    public string Text(int column)
    {
        var start = Native.ColumnBlob(_handle, column);
        return Encoding.UTF8.GetString(start, Native.ColumnBytes(_handle, column));
    }

    public byte[]? Blob(int column)
    {
        if (Native.ColumnType(_handle, column) != Native.Blob)
        {
            return null;
        }

        var start = Native.ColumnBlob(_handle, column);
        return new ReadOnlySpan<byte>(start, Native.ColumnBytes(_handle, column)).ToArray();
    }

    public void Dispose()
    {
        Native.Finalize(_handle);
        _handle = 0;
    }
}
