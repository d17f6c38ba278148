namespace Kobune.Store.Sqlite;

/// <summary>An error that SQLite reported, with its extended result code (https://sqlite.org/rescode.html).</summary>
internal sealed class SqliteException(int code, string message) : Exception($"SQLite: {message} (code {code})")
{
    public int PrimaryCode { get; } = code & 0xFF;
}
