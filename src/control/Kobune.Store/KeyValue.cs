namespace Kobune.Store;

/// <summary>One key's value at some revision. <see cref="Version"/> counts the writes since the key's creation, from 1.</summary>
public sealed record KeyValue(string Key, ReadOnlyMemory<byte> Value, long CreateRevision, long ModRevision, long Version, long LeaseId);

/// <summary>Asks for one key (<see cref="End"/> null) or all keys k with Key ≤ k &lt; End, in ordinal (byte) order. See <see cref="KeyRange"/> for ends.</summary>
/// <param name="Revision">The revision to read at; 0 is the current one.</param>
/// <param name="Limit">The most items to return; 0 is no limit.</param>
public sealed record RangeRequest(string Key, string? End = null, long Revision = 0, int Limit = 0, bool CountOnly = false);

/// <summary>The answer: items in key order, how many there are in all from the range's start, and the store's revision at the time of reading.</summary>
public sealed record RangeResult(IReadOnlyList<KeyValue> Items, long Count, bool More, long Revision);

/// <summary>Puts (<see cref="Value"/> set) or deletes (null) one key.</summary>
/// <param name="Value">
/// Kept without copying: the caller must not change it afterwards. Beware that a null byte[] variable converts to an empty
/// value, not to null; delete with <see cref="Delete"/>.
/// </param>
/// <param name="ExpectedModRevision">null: whatever is there; 0: the key must not exist; otherwise its modification revision.</param>
public sealed record WriteRequest(string Key, ReadOnlyMemory<byte>? Value, long? ExpectedModRevision = null, long LeaseId = 0)
{
    public static WriteRequest Delete(string key, long? expectedModRevision = null) => new(key, null, expectedModRevision);
}

/// <summary>
/// The outcome of a write. When it failed, <see cref="Current"/> is what is there now (null: nothing); when it succeeded, what was there before.
/// <see cref="Revision"/> is the write's own revision, or the store's when the write failed. Deleting an absent key succeeds and takes no revision.
/// </summary>
public readonly record struct WriteResult(bool Succeeded, long Revision, KeyValue? Current);

/// <summary>A change of one key. <see cref="Value"/> is null for a deletion.</summary>
public readonly record struct StoreEvent(string Key, ReadOnlyMemory<byte>? Value, long Revision, long CreateRevision, KeyValue? Previous)
{
    public bool IsDelete => Value is null;
    public bool IsCreate => Value is not null && CreateRevision == Revision;
}

/// <summary>Changes in revision order; after it the watcher knows everything up to <see cref="Revision"/>.</summary>
public sealed record WatchBatch(long Revision, IReadOnlyList<StoreEvent> Events);
