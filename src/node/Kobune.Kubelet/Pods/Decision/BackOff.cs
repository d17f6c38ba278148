namespace Kobune.Kubelet.Pods.Decision;

/// <summary>
/// Growing delays per key: 10 s, doubling to 5 min, forgotten when nothing happened for twice the maximum.
/// The first event of a key waits for nothing.
/// </summary>
internal sealed class BackOff(TimeSpan initial, TimeSpan maximum)
{
    private readonly Dictionary<string, (TimeSpan Delay, DateTimeOffset Updated)> _entries = [];

    /// <summary>The delay in force for an event of this key at <paramref name="eventTime"/>; zero when there is none.</summary>
    public TimeSpan DelayFor(string key, DateTimeOffset eventTime) =>
        _entries.TryGetValue(key, out var entry) && eventTime - entry.Updated <= maximum * 2 ? entry.Delay : TimeSpan.Zero;

    /// <summary>Records an attempt at <paramref name="at"/>; the next one will have to wait longer.</summary>
    public TimeSpan Next(string key, DateTimeOffset at)
    {
        var current = DelayFor(key, at);
        var delay = current == TimeSpan.Zero ? initial : current * 2 < maximum ? current * 2 : maximum;
        _entries[key] = (delay, at);
        return delay;
    }

    public void Reset(string key) => _entries.Remove(key);
}
