namespace Kobune.EndToEnd.Harness;

/// <summary>Waits for what cannot tell when it has changed: asks again, a few times a second, until a limit.</summary>
internal static class Wait
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    public static async Task UntilAsync(Func<Task<bool>> condition, TimeSpan limit, Func<string> complaint)
    {
        using var timeout = new CancellationTokenSource(limit);
        using var timer = new PeriodicTimer(Interval);
        while (!await condition())
        {
            try
            {
                await timer.WaitForNextTickAsync(timeout.Token);
            }
            catch (OperationCanceledException)
            {
                throw new TimeoutException($"waited {limit} in vain: {complaint()}");
            }
        }
    }
}
