using Kobune.Store.Mvcc;

namespace Kobune.Store.Sqlite;

/// <summary>One row of the log: a revision of a key, and the revision that it replaced (0: none).</summary>
internal readonly record struct LogRow(string Key, Entry Entry, long PreviousRevision, ReadOnlyMemory<byte>? Value);
