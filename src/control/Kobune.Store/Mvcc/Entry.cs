namespace Kobune.Store.Mvcc;

/// <summary>What the index knows of one revision of a key. Version 0 marks a tombstone; all zero means nothing at all.</summary>
internal readonly record struct Entry(long Revision, long CreateRevision, long Version, long LeaseId)
{
    public bool IsLive => Version > 0;

    public bool IsNothing => Revision == 0;

    /// <summary>The modification revision as a writer expects it: 0 when the key does not exist.</summary>
    public long ExpectedRevision => IsLive ? Revision : 0;

    public KeyValue ToKeyValue(string key, ReadOnlyMemory<byte> value) => new(key, value, CreateRevision, Revision, Version, LeaseId);
}
