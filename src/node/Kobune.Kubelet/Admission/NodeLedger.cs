using Kobune.Api;

namespace Kobune.Kubelet.Admission;

/// <summary>A resource that there is not enough of, in the units of upstream's messages (cpu in thousandths).</summary>
/// <param name="Never">It would not fit on the empty node either.</param>
internal sealed record Shortage(string Resource, long Requested, long Used, long Capacity, bool Never);

/// <summary>What the Pods on this node hold of what it may give away. Safe for concurrent use.</summary>
internal sealed class NodeLedger(Func<IReadOnlyDictionary<string, Quantity>> allocatable)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Dictionary<string, Quantity>> _held = new(StringComparer.Ordinal);

    /// <summary>Raised when something was given back: a resize that had to wait may go on.</summary>
    public event Action? Freed;

    /// <summary>Enters what a Pod holds, instead of what it held before. With a shortage nothing changes.</summary>
    /// <param name="uid">The Pod.</param>
    /// <param name="requests">All it asks for.</param>
    /// <param name="force">It runs already: enter it whether or not it fits.</param>
    public Shortage? Take(string uid, Dictionary<string, Quantity> requests, bool force)
    {
        var freed = false;
        lock (_lock)
        {
            if (!force && Find(uid, requests) is { } shortage)
            {
                return shortage;
            }

            freed = _held.TryGetValue(uid, out var before) && before.Any(b => requests.GetValueOrDefault(b.Key) < b.Value);
            _held[uid] = requests;
        }

        if (freed)
        {
            Freed?.Invoke();
        }

        return null;
    }

    public void Release(string uid)
    {
        bool freed;
        lock (_lock)
        {
            freed = _held.Remove(uid);
        }

        if (freed)
        {
            Freed?.Invoke();
        }
    }

    private Shortage? Find(string uid, Dictionary<string, Quantity> requests)
    {
        var capacity = allocatable();
        foreach (var (name, wanted) in requests.OrderBy(r => r.Key != "pods").ThenBy(r => r.Key, StringComparer.Ordinal))
        {
            // What the node does not count (an extender's resource) it cannot be short of.
            if (wanted.Sign <= 0 || !capacity.TryGetValue(name, out var whole))
            {
                continue;
            }

            var used = _held.Where(h => h.Key != uid).Aggregate(Quantity.Zero, (sum, h) => sum + h.Value.GetValueOrDefault(name));
            if (used + wanted > whole)
            {
                return new Shortage(name, Units(name, wanted), Units(name, used), Units(name, whole), wanted > whole);
            }
        }

        return null;
    }

    private static long Units(string name, Quantity amount) => name == "cpu" ? amount.MilliValue : amount.Value;
}
