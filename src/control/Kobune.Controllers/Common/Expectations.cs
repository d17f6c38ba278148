using Kobune.Runtime;

namespace Kobune.Controllers;

/// <summary>
/// What a controller has done and not yet seen in its cache. Until everything expected was seen (or five minutes have
/// passed: an event was lost), it must not count its children again, else it would create or delete too many.
/// </summary>
internal sealed class Expectations(TimeProvider time)
{
    private static readonly TimeSpan Expiry = TimeSpan.FromMinutes(5);
    private readonly Lock _gate = new();
    private readonly Dictionary<ObjectKey, Entry> _entries = [];

    public void ExpectCreations(ObjectKey owner, int count)
    {
        lock (_gate)
        {
            _entries[owner] = new Entry(time.GetTimestamp()) { Creations = count };
        }
    }

    public void ExpectDeletions(ObjectKey owner, IEnumerable<string> uids)
    {
        lock (_gate)
        {
            _entries[owner] = new Entry(time.GetTimestamp()) { Deletions = [.. uids] };
        }
    }

    /// <summary>A child was seen, or its creation failed.</summary>
    public void CreationObserved(ObjectKey owner)
    {
        lock (_gate)
        {
            if (_entries.TryGetValue(owner, out var entry))
            {
                entry.Creations--;
            }
        }
    }

    /// <summary>A child's end was seen, or its deletion failed.</summary>
    public void DeletionObserved(ObjectKey owner, string uid)
    {
        lock (_gate)
        {
            if (_entries.TryGetValue(owner, out var entry))
            {
                entry.Deletions.Remove(uid);
            }
        }
    }

    public bool Satisfied(ObjectKey owner)
    {
        lock (_gate)
        {
            return !_entries.TryGetValue(owner, out var entry)
                || (entry.Creations <= 0 && entry.Deletions.Count == 0)
                || time.GetElapsedTime(entry.Since) > Expiry;
        }
    }

    public void Forget(ObjectKey owner)
    {
        lock (_gate)
        {
            _entries.Remove(owner);
        }
    }

    private sealed class Entry(long since)
    {
        public long Since { get; } = since;
        public int Creations { get; set; }
        public HashSet<string> Deletions { get; init; } = [];
    }
}
