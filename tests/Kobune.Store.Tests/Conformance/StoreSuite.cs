namespace Kobune.Store.Tests.Conformance;

/// <summary>What every part of the suite shares: one fresh store per test.</summary>
public abstract class StoreSuite<TBackend> : IAsyncLifetime
    where TBackend : Backend, new()
{
    private readonly TBackend _backend = new();
    private IStore? _store;

    private protected IStore Store => _store ??= _backend.Open();

    private protected IStore Open(TimeProvider? time = null, int? pendingEvents = null) => _store = _backend.Open(time, pendingEvents);

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (_store is not null)
        {
            await _store.DisposeAsync();
        }

        await _backend.DisposeAsync();
    }
}
