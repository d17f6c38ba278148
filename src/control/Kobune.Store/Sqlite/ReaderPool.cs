using System.Collections.Concurrent;

namespace Kobune.Store.Sqlite;

/// <summary>A few read connections, opened when first needed. Further readers wait for one to come back.</summary>
internal sealed class ReaderPool(SqliteStoreOptions options) : IAsyncDisposable
{
    private readonly SemaphoreSlim _places = new(options.Readers);
    private readonly ConcurrentBag<LogReader> _idle = [];

    private volatile bool _closed;

    public async ValueTask<T> ReadAsync<T>(Func<LogReader, T> read, CancellationToken cancellationToken)
    {
        await _places.WaitAsync(cancellationToken);
        try
        {
            ObjectDisposedException.ThrowIf(_closed, this);
            if (!_idle.TryTake(out var reader))
            {
                reader = new LogReader(options);
            }

            try
            {
                return read(reader);
            }
            finally
            {
                _idle.Add(reader);
            }
        }
        finally
        {
            _places.Release();
        }
    }

    /// <summary>Waits for the reads that are under way, then closes the connections.</summary>
    public async ValueTask DisposeAsync()
    {
        _closed = true;
        for (var i = 0; i < options.Readers; i++)
        {
            await _places.WaitAsync();
        }

        foreach (var reader in _idle)
        {
            reader.Dispose();
        }

        // Whoever waited for a place finds the pool closed.
        _places.Release(options.Readers);
    }
}
