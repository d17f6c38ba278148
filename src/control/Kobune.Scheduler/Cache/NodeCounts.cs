namespace Kobune.Scheduler.Cache;

/// <summary>A number for every node, by node number; nodes that were never counted have 0.</summary>
internal sealed class NodeCounts
{
    private int[] _counts = new int[16];

    /// <summary>The sum over all nodes.</summary>
    public int Total { get; private set; }

    public int this[int node] => node < _counts.Length ? _counts[node] : 0;

    public void Add(int node, int change)
    {
        if (node >= _counts.Length)
        {
            Array.Resize(ref _counts, Math.Max(node + 1, _counts.Length * 2));
        }

        _counts[node] += change;
        Total += change;
    }

    public void Clear(int node) => Add(node, -this[node]);

    /// <summary>Adds each node's number to that of its domain.</summary>
    public void SumByDomain(Topology topology, int limit, Span<long> domains, long weight = 1)
    {
        limit = Math.Min(limit, _counts.Length);
        for (var node = 0; node < limit; node++)
        {
            if (_counts[node] != 0 && topology[node] is >= 0 and var domain)
            {
                domains[domain] += weight * _counts[node];
            }
        }
    }
}
