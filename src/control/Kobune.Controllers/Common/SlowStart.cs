namespace Kobune.Controllers;

/// <summary>
/// Runs the same action many times in batches of 1, 2, 4, 8 … and stops after the first batch with a failure: a Pod that
/// no one may create (a quota, a broken template) then costs one failed call and not hundreds.
/// </summary>
internal static class SlowStart
{
    /// <returns>how many succeeded, and the first failure</returns>
    public static async Task<(int Succeeded, Exception? Error)> RunAsync(int count, Func<int, Task> action, int initialBatch = 1)
    {
        var done = 0;
        var succeeded = 0;
        for (var batch = Math.Min(count, initialBatch); batch > 0; batch = Math.Min(2 * batch, count - done))
        {
            var first = done;
            var errors = await Task.WhenAll(Enumerable.Range(first, batch).Select(i => AttemptAsync(action, i)));
            done += batch;
            succeeded += errors.Count(e => e is null);
            if (errors.FirstOrDefault(e => e is not null) is { } error)
            {
                return (succeeded, error);
            }
        }

        return (succeeded, null);
    }

    private static async Task<Exception?> AttemptAsync(Func<int, Task> action, int index)
    {
        try
        {
            await action(index);
            return null;
        }
        catch (Exception e)
        {
            return e;
        }
    }
}
