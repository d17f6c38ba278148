namespace Kobune.ApiServer.ResourceMetrics;

/// <summary>
/// The last two rounds over the kubelets. Nothing runs while nobody asks: a question that finds the last round too old
/// starts one, and, when even that has no recent round to compare with, a second one a moment later.
/// </summary>
internal sealed class UsageHistory(Func<CancellationToken, Task<UsageSnapshot>> scrape, TimeProvider time) : IDisposable
{
    /// <summary>An answer may be this old, as upstream's resolution of 15 s allows.</summary>
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(10);

    /// <summary>Rates over longer times no longer say what is used now.</summary>
    private static readonly TimeSpan LongestWindow = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan Gap = TimeSpan.FromSeconds(1);
    private readonly SemaphoreSlim turn = new(1, 1);
    private UsageSnapshot? earlier;
    private UsageSnapshot? latest;

    public async ValueTask<(UsageSnapshot Latest, UsageSnapshot? Earlier)> ReadAsync(CancellationToken cancellationToken)
    {
        await turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (latest is null || time.GetUtcNow() - latest.TakenAt > Fresh)
            {
                await AdvanceAsync(cancellationToken).ConfigureAwait(false);
            }

            if (earlier is null || latest!.TakenAt - earlier.TakenAt > LongestWindow)
            {
                await Task.Delay(Gap, time, cancellationToken).ConfigureAwait(false);
                await AdvanceAsync(cancellationToken).ConfigureAwait(false);
            }

            return (latest!, earlier);
        }
        finally
        {
            turn.Release();
        }
    }

    public void Dispose() => turn.Dispose();

    private async Task AdvanceAsync(CancellationToken cancellationToken) => (earlier, latest) = (latest, await scrape(cancellationToken).ConfigureAwait(false));
}
