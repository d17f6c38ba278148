using Kobune.Dns.Wire;

namespace Kobune.Dns.Forwarding;

/// <summary>
/// Answers of other name servers, for as long as they allow but at most half a minute, negative ones included (RFC 2308).
/// Bounded: when it is full, the answer that came first goes.
/// </summary>
internal sealed class AnswerCache(TimeProvider time, int capacity = AnswerCache.DefaultCapacity)
{
    public const int DefaultCapacity = 10_000;
    private const uint MaxSeconds = 30;

    private readonly Lock _gate = new();
    private readonly Dictionary<ForwardKey, LinkedListNode<Entry>> _entries = [];
    private readonly LinkedList<Entry> _order = [];

    /// <summary>The answer with its times to live counted down, or null.</summary>
    public DnsMessage? Find(ForwardKey key)
    {
        Entry entry;
        lock (_gate)
        {
            if (!_entries.TryGetValue(key, out var node))
            {
                return null;
            }
            entry = node.Value;
            if (time.GetElapsedTime(entry.Stored).TotalSeconds >= entry.Seconds)
            {
                Remove(node);
                return null;
            }
        }
        var age = (uint)time.GetElapsedTime(entry.Stored).TotalSeconds;
        return entry.Answer with
        {
            Answers = Aged(entry.Answer.Answers, age),
            Authorities = Aged(entry.Answer.Authorities, age),
            Additional = Aged(entry.Answer.Additional, age),
        };
    }

    public void Put(ForwardKey key, DnsMessage answer)
    {
        if (Lifetime(answer) is not (> 0 and var seconds))
        {
            return;
        }
        lock (_gate)
        {
            if (_entries.TryGetValue(key, out var old))
            {
                Remove(old);
            }
            else if (_entries.Count >= capacity)
            {
                Remove(_order.First!);
            }
            _entries[key] = _order.AddLast(new Entry(key, answer, seconds, time.GetTimestamp()));
        }
    }

    private static uint Lifetime(DnsMessage answer)
    {
        if (answer.Code is not (ResponseCode.NoError or ResponseCode.NameError) || answer.IsTruncated)
        {
            return 0;
        }
        if (answer.Answers.Count > 0 && answer.Code == ResponseCode.NoError)
        {
            return Math.Min(MaxSeconds, answer.Answers.Min(static r => r.Ttl));
        }
        // Without an SOA record a negative answer is not to be kept.
        return answer.Authorities.FirstOrDefault(static r => r.Data is AuthorityData) is { Data: AuthorityData soa } record
            ? Math.Min(MaxSeconds, Math.Min(record.Ttl, soa.Minimum))
            : 0;
    }

    private static IReadOnlyList<DnsRecord> Aged(IReadOnlyList<DnsRecord> records, uint age) =>
        age == 0 ? records : [.. records.Select(r => r with { Ttl = r.Ttl > age ? r.Ttl - age : 0 })];

    private void Remove(LinkedListNode<Entry> node)
    {
        _order.Remove(node);
        _entries.Remove(node.Value.Key);
    }

    private sealed record Entry(ForwardKey Key, DnsMessage Answer, uint Seconds, long Stored);
}
