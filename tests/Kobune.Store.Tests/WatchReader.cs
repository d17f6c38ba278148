namespace Kobune.Store.Tests;

/// <summary>Reads a watch in the order that a test wants; gives up after half a minute instead of hanging.</summary>
internal sealed class WatchReader : IAsyncDisposable
{
    private readonly CancellationTokenSource _limit = new(TimeSpan.FromSeconds(30));
    private readonly IAsyncEnumerator<WatchBatch> _batches;

    public WatchReader(IStore store, string prefix, long from) =>
        _batches = store.WatchAsync(prefix, from, _limit.Token).GetAsyncEnumerator(_limit.Token);

    public List<StoreEvent> Events { get; } = [];

    public long Revision { get; private set; }

    public async Task<WatchBatch?> NextAsync()
    {
        if (!await _batches.MoveNextAsync())
        {
            return null;
        }

        var batch = _batches.Current;
        Assert.True(batch.Revision >= Revision);
        Assert.All(batch.Events, change => Assert.InRange(change.Revision, Revision + (Revision == 0 ? 0 : 1), batch.Revision));
        Revision = batch.Revision;
        Events.AddRange(batch.Events);
        return batch;
    }

    public async Task<IReadOnlyList<StoreEvent>> UntilAsync(long revision)
    {
        while (Revision < revision)
        {
            Assert.NotNull(await NextAsync());
        }

        return Events;
    }

    public async ValueTask DisposeAsync()
    {
        await _batches.DisposeAsync();
        _limit.Dispose();
    }
}
