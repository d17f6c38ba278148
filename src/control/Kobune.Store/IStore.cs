namespace Kobune.Store;

/// <summary>
/// A revisioned, ordered key-value store with etcd's semantics: every successful write gets the next revision of the
/// whole store, old revisions stay readable until compaction, and watchers see every change once, in order.
/// Implementations are safe for concurrent use. Nothing is acknowledged before it is durable.
/// </summary>
public interface IStore : IAsyncDisposable
{
    /// <summary>
    /// The revision of the newest acknowledged write; a linearizable read. It also makes every watch that has not heard of
    /// that revision yet deliver a batch with it at once, for callers that then wait until their watch is there.
    /// </summary>
    ValueTask<long> CurrentRevisionAsync(CancellationToken cancellationToken = default);

    /// <summary>Reads keys in order, at one revision.</summary>
    /// <exception cref="RevisionCompactedException">The revision was compacted away.</exception>
    /// <exception cref="FutureRevisionException">The revision has not been written yet.</exception>
    ValueTask<RangeResult> RangeAsync(RangeRequest request, CancellationToken cancellationToken = default);

    /// <summary>Compares one key's modification revision and, when it is as expected, puts or deletes the key.</summary>
    ValueTask<WriteResult> WriteAsync(WriteRequest request, CancellationToken cancellationToken = default);

    /// <summary>
    /// Streams the changes of all keys with the prefix, starting at <paramref name="fromRevision"/> inclusive
    /// (0: after the current one). Batches arrive in revision order; a batch without events tells progress only.
    /// A reader that falls too far behind gets <see cref="SlowWatcherException"/> instead of an unbounded buffer.
    /// The first batch comes at once, telling where the watch stands; the stream ends when the store is closed.
    /// </summary>
    /// <exception cref="RevisionCompactedException">The start revision was compacted away.</exception>
    IAsyncEnumerable<WatchBatch> WatchAsync(string prefix, long fromRevision, CancellationToken cancellationToken = default);

    /// <summary>
    /// Forgets what was superseded or deleted up to the revision. Reads at the revision and watches from the next one on stay
    /// possible. Compacting to an older revision than before does nothing.
    /// </summary>
    /// <exception cref="FutureRevisionException">The revision has not been written yet.</exception>
    ValueTask CompactAsync(long revision, CancellationToken cancellationToken = default);

    /// <summary>Grants a lease; keys written with it are deleted when it ends.</summary>
    ValueTask<long> GrantLeaseAsync(TimeSpan timeToLive, CancellationToken cancellationToken = default);

    /// <summary>Renews a lease for its full time to live; false when it has ended already.</summary>
    ValueTask<bool> KeepLeaseAliveAsync(long leaseId, CancellationToken cancellationToken = default);

    /// <summary>Ends a lease and deletes its keys.</summary>
    ValueTask RevokeLeaseAsync(long leaseId, CancellationToken cancellationToken = default);
}
