using Kobune.Client;

namespace Kobune.ApiServer.Registry;

/// <summary>One change of one resource. <paramref name="Object"/> is the new state, for deletions the last one under the deletion's revision.</summary>
internal readonly record struct CacheEvent(WatchEventType Type, long Revision, StoredObject Object, StoredObject? Previous);

/// <summary>
/// The recent changes of one resource in a ring that is bounded in number and bytes. Every reader has a cursor of its own;
/// one that the ring overtakes is told so and has to list again (decision 5: never buffered without bound).
/// </summary>
internal sealed class EventLog(long startRevision)
{
    private const int MaxEvents = 16384;
    private const int MinEvents = 128;
    private const long MaxBytes = 32 << 20;

    private readonly Lock sync = new();
    private CacheEvent[] ring = new CacheEvent[16];
    private long first;
    private long next;
    private long bytes;
    private long evictedRevision = startRevision;

    /// <summary>A cursor behind which all events after the revision follow; null when some of them are forgotten.</summary>
    public long? CursorAfter(long revision)
    {
        lock (sync)
        {
            if (revision < evictedRevision)
            {
                return null;
            }

            long low = first, high = next;
            while (low < high)
            {
                var middle = (low + high) >>> 1;
                if (ring[middle % ring.Length].Revision <= revision)
                {
                    low = middle + 1;
                }
                else
                {
                    high = middle;
                }
            }

            return low;
        }
    }

    /// <summary>Copies the next events out and moves the cursor. -1 when the reader was too slow.</summary>
    public int Read(ref long cursor, Span<CacheEvent> into)
    {
        lock (sync)
        {
            if (cursor < first)
            {
                return -1;
            }

            var count = (int)Math.Min(into.Length, next - cursor);
            for (var i = 0; i < count; i++)
            {
                into[i] = ring[(cursor + i) % ring.Length];
            }

            cursor += count;
            return count;
        }
    }

    public void Append(ReadOnlySpan<CacheEvent> events)
    {
        lock (sync)
        {
            foreach (ref readonly var item in events)
            {
                if (next - first == ring.Length)
                {
                    MakeRoom();
                }

                ring[next % ring.Length] = item;
                next++;
                bytes += item.Object.Json.Length;
                while ((bytes > MaxBytes && next - first > MinEvents) || next - first > MaxEvents)
                {
                    Evict();
                }
            }
        }
    }

    private void MakeRoom()
    {
        if (ring.Length >= MaxEvents)
        {
            Evict();
            return;
        }

        var larger = new CacheEvent[ring.Length * 2];
        for (var i = first; i < next; i++)
        {
            larger[i % larger.Length] = ring[i % ring.Length];
        }

        ring = larger;
    }

    private void Evict()
    {
        ref var oldest = ref ring[first % ring.Length];
        evictedRevision = oldest.Revision;
        bytes -= oldest.Object.Json.Length;
        oldest = default;
        first++;
    }
}
