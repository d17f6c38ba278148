using Kobune.Runtime;

namespace Kobune.Controllers;

/// <summary>
/// How long something that fails again and again in the same place waits for its replacement: not at all the first time,
/// then 1 s, doubling to 15 minutes; forgotten when nothing has failed for twice that.
/// </summary>
internal sealed class FailureBackoff<TPlace> where TPlace : notnull
{
    private const int MaxPlaces = 10_000;
    private static readonly Backoff Delays = new(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(15));

    private readonly Lock _gate = new();
    private readonly Dictionary<TPlace, (string Uid, int Failures, DateTimeOffset Until)> _places = [];

    /// <summary>What is left to wait for the one of this uid, which has failed; asked again it does not count again.</summary>
    public TimeSpan Wait(TPlace place, string uid, DateTimeOffset now)
    {
        lock (_gate)
        {
            var known = _places.TryGetValue(place, out var entry);
            if (!known || entry.Uid != uid)
            {
                var failures = known && now - entry.Until < 2 * Delays.Max ? entry.Failures + 1 : 0;
                entry = (uid, failures, failures == 0 ? now : now + Delays.Delay(failures - 1));
                MakeRoom(now);
                _places[place] = entry;
            }

            return entry.Until - now;
        }
    }

    // Bounded: places where nothing fails any more go first.
    private void MakeRoom(DateTimeOffset now)
    {
        if (_places.Count >= MaxPlaces)
        {
            foreach (var place in _places.Where(p => p.Value.Until < now).Select(p => p.Key).ToList())
            {
                _places.Remove(place);
            }
        }
    }
}
