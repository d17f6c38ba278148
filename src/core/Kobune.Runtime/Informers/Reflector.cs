using Kobune.Api;
using Kobune.Client;
using Microsoft.Extensions.Logging;

namespace Kobune.Runtime;

/// <summary>What a reflector or an informer looks at: all objects of a kind, or a selection of them.</summary>
public sealed record Selection(ResourceInfo Resource, string? Namespace = null, string? LabelSelector = null, string? FieldSelector = null)
{
    public override string ToString() => $"{Resource.Plural}{(Resource.Group.Length > 0 ? "." + Resource.Group : "")}{(Namespace is null ? "" : " in " + Namespace)}";
}

/// <summary>
/// Follows the objects of a selection: lists them, watches from there, and lists again when the server has forgotten the
/// version (410). When the API server is unreachable it tries again with growing delays. While nothing changes it waits
/// in the watch and costs nothing.
/// </summary>
public sealed partial class Reflector(IKubeClient client, Selection selection, IReflectorSink sink, TimeProvider time, ILogger logger)
{
    // A watch that ends sooner than this without having told anything counts as a failure, so that a broken server is not hammered.
    private static readonly TimeSpan ShortWatch = TimeSpan.FromSeconds(1);

    private readonly TaskCompletionSource _synced = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _failures;

    /// <summary>Completes after the first complete list.</summary>
    public Task Synced => _synced.Task;

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await Task.Yield();
        string? version = null;
        var listVersion = "0"; // any cached state will do for the first list; after a 410 only the newest
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                version ??= await ListAsync(listVersion, cancellationToken);
                version = await WatchAsync(version, cancellationToken);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (KubeStatusException e) when (e.Status.Code is 410 or 504)
            {
                LogRelist(logger, selection, e.Message);
                version = null;
                listVersion = "";
                await PauseAsync(immediatelyOnce: true, cancellationToken);
            }
            catch (Exception e)
            {
                // After any other error the version is kept: the server may just have been restarted.
                LogFailure(logger, selection, e.Message);
                await PauseAsync(immediatelyOnce: false, cancellationToken);
            }
        }
    }

    private async Task<string> ListAsync(string resourceVersion, CancellationToken cancellationToken)
    {
        var options = new ListOptions
        {
            LabelSelector = selection.LabelSelector,
            FieldSelector = selection.FieldSelector,
            ResourceVersion = resourceVersion.Length == 0 ? null : resourceVersion,
        };
        var page = await client.ListAsync(selection.Resource, selection.Namespace, options, cancellationToken);
        sink.Replace(page.Items);
        _synced.TrySetResult();
        return page.Metadata.ResourceVersion;
    }

    private async Task<string> WatchAsync(string version, CancellationToken cancellationToken)
    {
        var options = new WatchOptions
        {
            LabelSelector = selection.LabelSelector,
            FieldSelector = selection.FieldSelector,
            ResourceVersion = version,
        };
        var start = time.GetTimestamp();
        var told = false;
        try
        {
            await foreach (var change in client.WatchAsync(selection.Resource, selection.Namespace, options, cancellationToken))
            {
                told = true;
                _failures = 0;
                if (change.Type != WatchEventType.Bookmark)
                {
                    sink.Apply(change.Type, change.Object);
                }

                version = change.Object.Metadata.ResourceVersion;
            }
        }
        catch (Exception e) when (told && e is not KubeStatusException && !cancellationToken.IsCancellationRequested)
        {
            // The connection broke in the middle: go on from the last version seen.
            LogFailure(logger, selection, e.Message);
            return version;
        }

        if (!told && time.GetElapsedTime(start) < ShortWatch)
        {
            await PauseAsync(immediatelyOnce: false, cancellationToken);
        }

        return version;
    }

    private async Task PauseAsync(bool immediatelyOnce, CancellationToken cancellationToken)
    {
        var failures = _failures++;
        if (immediatelyOnce && failures == 0)
        {
            return;
        }

        try
        {
            await Task.Delay(Backoff.Reconnect.Delay(failures), time, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // the loop sees it
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Listing {Selection} again: {Reason}")]
    private static partial void LogRelist(ILogger logger, Selection selection, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Watching {Selection} failed: {Reason}")]
    private static partial void LogFailure(ILogger logger, Selection selection, string reason);
}
