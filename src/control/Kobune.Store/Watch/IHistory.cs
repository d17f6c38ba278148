namespace Kobune.Store.Watch;

/// <summary>The changes of the past, as a backend kept them.</summary>
internal interface IHistory
{
    /// <summary>Up to a backend's own page size of consecutive events, the first at <paramref name="from"/>.</summary>
    /// <exception cref="RevisionCompactedException">The history from there on is gone, or went while it was read.</exception>
    ValueTask<IReadOnlyList<StoreEvent>> ReadAsync(long from, long to, CancellationToken cancellationToken);
}
