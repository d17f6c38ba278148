using Kobune.Store;

namespace Kobune.ApiServer.Registry;

/// <summary>
/// Events live for an hour. They are written under leases of the store; events of the same minute share one, so that
/// a storm of events does not become a storm of leases.
/// </summary>
internal sealed class EventLeases(IStore store, TimeProvider time)
{
    private static readonly TimeSpan Life = TimeSpan.FromHours(1);
    private static readonly TimeSpan Shared = TimeSpan.FromMinutes(1);

    private readonly SemaphoreSlim granting = new(1);
    private (long Id, DateTimeOffset Until) current;

    public async ValueTask<long> CurrentAsync(CancellationToken cancellationToken)
    {
        await granting.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var now = time.GetUtcNow();
            if (now >= current.Until)
            {
                current = (await store.GrantLeaseAsync(Life + Shared, cancellationToken).ConfigureAwait(false), now + Shared);
            }

            return current.Id;
        }
        finally
        {
            granting.Release();
        }
    }
}
