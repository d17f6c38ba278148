using Kobune.Api;
using Microsoft.Extensions.Logging;

namespace Kobune.Runtime;

/// <summary>
/// Hands keys from a queue to N workers. A reconcile that throws is tried again after the key's back-off; one that
/// returns clears it.
/// </summary>
public sealed partial class ControllerLoop<TKey>(
    WorkQueue<TKey> queue, Func<TKey, CancellationToken, Task> reconcile, int workers, ILogger logger) where TKey : notnull
{
    /// <summary>Runs until cancelled and returns when the last worker has finished its key.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var tasks = new Task[workers];
        for (var i = 0; i < workers; i++)
        {
            tasks[i] = WorkAsync(cancellationToken);
        }

        await Task.WhenAll(tasks);
    }

    private async Task WorkAsync(CancellationToken cancellationToken)
    {
        await Task.Yield();
        while (!cancellationToken.IsCancellationRequested)
        {
            TKey key;
            try
            {
                key = await queue.TakeAsync(cancellationToken);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            await ProcessAsync(key, cancellationToken);
        }
    }

    private async Task ProcessAsync(TKey key, CancellationToken cancellationToken)
    {
        try
        {
            await reconcile(key, cancellationToken);
            queue.Forget(key);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // stopping
        }
        catch (KubeStatusException e) when (e.Status.Code == 409)
        {
            LogConflict(logger, queue.Name, key.ToString(), e.Message);
            queue.AddRateLimited(key);
        }
        catch (Exception e)
        {
            LogFailure(logger, e, queue.Name, key.ToString(), e.Message);
            queue.AddRateLimited(key);
        }
        finally
        {
            queue.Done(key);
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "{Queue}: {Key} has changed meanwhile, trying again: {Reason}")]
    private static partial void LogConflict(ILogger logger, string queue, string? key, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Queue}: {Key} failed, trying again: {Reason}")]
    private static partial void LogFailure(ILogger logger, Exception exception, string queue, string? key, string reason);
}
