namespace Kobune.Store.Watch;

/// <summary>Bounds of the fan-out, the same for every backend.</summary>
/// <param name="PendingEvents">How many undelivered events one watcher may have before it is cut off.</param>
/// <param name="ProgressInterval">
/// How long progress may be held back from watchers whose prefix was not touched, so that a burst of writes does not
/// wake all of them every time. Zero: never. Asking for the current revision always releases it at once.
/// </param>
public sealed record WatchLimits(int PendingEvents, TimeSpan ProgressInterval)
{
    public static WatchLimits Default { get; } = new(16_384, TimeSpan.FromMilliseconds(5));
}
