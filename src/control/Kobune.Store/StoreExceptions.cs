namespace Kobune.Store;

/// <summary>The wanted revision was compacted away ("etcdserver: mvcc: required revision has been compacted").</summary>
public sealed class RevisionCompactedException(long requested, long compacted)
    : Exception($"required revision {requested} has been compacted (oldest is {compacted})")
{
    public long Requested { get; } = requested;
    public long Compacted { get; } = compacted;
}

/// <summary>The wanted revision has not been written yet.</summary>
public sealed class FutureRevisionException(long requested, long current)
    : Exception($"required revision {requested} is a future revision (newest is {current})")
{
    public long Requested { get; } = requested;
    public long Current { get; } = current;
}

/// <summary>A watcher did not read fast enough and was cut off; it has to list again.</summary>
public sealed class SlowWatcherException() : Exception("the watcher fell too far behind and was disconnected");

/// <summary>A write named a lease that does not exist or has ended ("etcdserver: requested lease not found").</summary>
public sealed class LeaseNotFoundException(long leaseId) : Exception($"lease {leaseId} not found")
{
    public long LeaseId { get; } = leaseId;
}

/// <summary>The store's files cannot be opened: in use, of another kind, or written by a newer version.</summary>
public sealed class StoreOpenException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>
/// The disk failed the store. A write that ends so was not acknowledged and is not in the store, except when the failure
/// hit the commit itself: then only reopening tells, and the store refuses further writes until that is done.
/// </summary>
public sealed class StoreFailedException(string message, Exception? inner = null) : Exception(message, inner);
