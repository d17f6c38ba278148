namespace Kobune.Scheduler.Cache;

/// <summary>
/// The values of one node label as small numbers: one per node, -1 where the label is missing. A count per domain is then
/// an array, and adding up thousands of nodes is one pass over two arrays.
/// </summary>
internal sealed class Topology(string key)
{
    private readonly Dictionary<string, int> _numbers = new(StringComparer.Ordinal);
    private int[] _byNode = [];

    /// <summary>How many values were ever seen; numbers run from 0 to this, exclusively.</summary>
    public int Count => _numbers.Count;

    /// <summary>The number of the value on the node, or -1.</summary>
    public int this[int node] => node < _byNode.Length ? _byNode[node] : -1;

    public void Put(int node, IReadOnlyDictionary<string, string>? labels)
    {
        if (node >= _byNode.Length)
        {
            var old = _byNode.Length;
            Array.Resize(ref _byNode, Math.Max(16, Math.Max(node + 1, old * 2)));
            Array.Fill(_byNode, -1, old, _byNode.Length - old);
        }

        _byNode[node] = labels is not null && labels.TryGetValue(key, out var value) ? NumberOf(value) : -1;
    }

    private int NumberOf(string value)
    {
        if (!_numbers.TryGetValue(value, out var number))
        {
            _numbers[value] = number = _numbers.Count;
        }

        return number;
    }
}
