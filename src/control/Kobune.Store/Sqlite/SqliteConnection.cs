using System.Runtime.InteropServices;

namespace Kobune.Store.Sqlite;

/// <summary>One connection, opened without SQLite's own mutex: at any time only one thread may use it.</summary>
internal sealed class SqliteConnection : IDisposable
{
    private nint _handle;

    public SqliteConnection(string path, bool readOnly)
    {
        var flags = Native.OpenNoMutex | (readOnly ? Native.OpenReadOnly : Native.OpenReadWrite | Native.OpenCreate);
        var code = Native.Open(path, out _handle, flags, 0);
        if (code != Native.Ok)
        {
            var error = Error(code);
            Dispose();
            throw error;
        }

        // Connections of this process meet only in rare moments of a checkpoint or a recovery.
        Native.BusyTimeout(_handle, 5000);
    }

    internal nint Handle => _handle;

    public SqliteStatement Prepare(string sql) => new(this, sql);

    /// <summary>Runs one statement and returns the first column of its first row as a number, 0 when there is none.</summary>
    public long Execute(string sql)
    {
        using var statement = Prepare(sql);
        long result = 0;
        for (var first = true; statement.Step(); first = false)
        {
            result = first ? statement.Integer(0) : result;
        }

        return result;
    }

    public void Check(int code)
    {
        if (code != Native.Ok)
        {
            throw Error(code);
        }
    }

    internal SqliteException Error(int code) => _handle == 0
        ? new SqliteException(code, "out of memory")
        : new SqliteException(Native.ExtendedErrorCode(_handle), Marshal.PtrToStringUTF8(Native.ErrorMessage(_handle)) ?? "unknown error");

    public void Dispose()
    {
        if (_handle != 0)
        {
            Native.Close(_handle);
            _handle = 0;
        }
    }
}
