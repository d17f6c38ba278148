using Kobune.Api.Core.V1;

namespace Kobune.Runtime;

/// <summary>
/// Decides what becomes of a new event, so that repetition does not flood the API: the same event again only raises the
/// count of the first; more than ten different messages of one reason within ten minutes are combined into one; and one
/// object gets no more than 25 at once and one per five minutes thereafter. (Upstream's rules and numbers.)
/// </summary>
internal sealed class EventCorrelator(TimeProvider time)
{
    private const int CacheSize = 4096;
    private const int MaxDistinctMessages = 10;
    private const int Burst = 25;
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan Refill = TimeSpan.FromMinutes(5);

    private readonly LruCache<string, Bucket> _buckets = new(CacheSize);
    private readonly LruCache<string, Group> _groups = new(CacheSize);
    private readonly LruCache<string, Recorded> _recorded = new(CacheSize);

    /// <summary>Null when the event is to be dropped; else its record, whose count includes this one.</summary>
    public Recorded? Correlate(Event happened)
    {
        var about = string.Join('\0', happened.Source.Component, happened.Source.Host, happened.InvolvedObject.Kind,
            happened.InvolvedObject.Namespace, happened.InvolvedObject.Name, happened.InvolvedObject.Uid, happened.InvolvedObject.ApiVersion);
        if (!TakeToken(about))
        {
            return null;
        }

        var groupKey = string.Join('\0', about, happened.Type, happened.Reason);
        var key = string.Join('\0', groupKey, happened.InvolvedObject.FieldPath, happened.Message);
        if (IsCombined(groupKey, happened.Message))
        {
            happened.Message = "(combined from similar events): " + happened.Message;
            key = groupKey;
        }

        var recorded = _recorded.Find(key);
        if (recorded is null)
        {
            _recorded.Put(key, recorded = new Recorded { First = happened.FirstTimestamp });
        }

        recorded.Count++;
        return recorded;
    }

    private bool TakeToken(string about)
    {
        var now = time.GetUtcNow();
        var bucket = _buckets.Find(about);
        if (bucket is null)
        {
            _buckets.Put(about, bucket = new Bucket { Tokens = Burst, At = now });
        }

        bucket.Tokens = Math.Min(Burst, bucket.Tokens + ((now - bucket.At) / Refill));
        bucket.At = now;
        if (bucket.Tokens < 1)
        {
            return false;
        }

        bucket.Tokens--;
        return true;
    }

    private bool IsCombined(string groupKey, string message)
    {
        var now = time.GetUtcNow();
        var group = _groups.Find(groupKey);
        if (group is null || now - group.LastSeen > Window)
        {
            _groups.Put(groupKey, group = new Group());
        }

        group.LastSeen = now;
        if (group.Messages.Count < MaxDistinctMessages)
        {
            group.Messages.Add(message);
            return false;
        }

        return !group.Messages.Contains(message);
    }

    /// <summary>What is known of an event that was written.</summary>
    public sealed class Recorded
    {
        public int Count { get; set; }
        public string? Name { get; set; }
        public DateTimeOffset? First { get; init; }
    }

    private sealed class Bucket
    {
        public double Tokens { get; set; }
        public DateTimeOffset At { get; set; }
    }

    private sealed class Group
    {
        public HashSet<string> Messages { get; } = [];
        public DateTimeOffset LastSeen { get; set; }
    }
}
