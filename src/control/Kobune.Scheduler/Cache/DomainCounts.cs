namespace Kobune.Scheduler.Cache;

/// <summary>A number for every domain of a topology, for one attempt.</summary>
internal sealed class DomainCounts(Topology topology)
{
    private readonly long[] _counts = new long[topology.Count];

    /// <summary>Of the domain that the node is in; 0 when it is in none.</summary>
    public long this[int node] => topology[node] is >= 0 and var domain ? _counts[domain] : 0;

    public bool Has(int node) => topology[node] >= 0;

    public ReadOnlySpan<long> All => _counts;

    public int DomainOf(int node) => topology[node];

    public void Add(NodeCounts counts, int limit, long weight) => counts.SumByDomain(topology, limit, _counts, weight);

    public void Add(int node, long value)
    {
        if (topology[node] is >= 0 and var domain)
        {
            _counts[domain] += value;
        }
    }
}
