namespace Kobune.Store.Mvcc;

/// <summary>
/// Keys in order, in chunks of at most 512: a B+ tree of two levels. Search is logarithmic, an insertion moves
/// at most one chunk, and a scan walks arrays.
/// </summary>
internal sealed class OrderedKeys
{
    private const int ChunkSize = 512;
    private readonly List<List<KeyHistory>> _chunks = [];

    public KeyHistory? Find(string key)
    {
        if (_chunks.Count == 0)
        {
            return null;
        }

        var chunk = _chunks[ChunkOf(key)];
        var index = Search(chunk, key);
        return index >= 0 ? chunk[index] : null;
    }

    public KeyHistory GetOrAdd(string key)
    {
        if (_chunks.Count == 0)
        {
            _chunks.Add(new List<KeyHistory>(4));
        }

        var at = ChunkOf(key);
        var chunk = _chunks[at];
        var index = Search(chunk, key);
        if (index >= 0)
        {
            return chunk[index];
        }

        var added = new KeyHistory(key);
        chunk.Insert(~index, added);
        if (chunk.Count > ChunkSize)
        {
            Split(at);
        }

        return added;
    }

    public void Remove(string key)
    {
        var at = ChunkOf(key);
        var chunk = _chunks[at];
        chunk.RemoveAt(Search(chunk, key));
        if (chunk.Count == 0)
        {
            _chunks.RemoveAt(at);
        }
    }

    /// <summary>All keys from the given one on. The caller holds the index's lock while it enumerates.</summary>
    public IEnumerable<KeyHistory> From(string key)
    {
        if (_chunks.Count == 0)
        {
            yield break;
        }

        var at = ChunkOf(key);
        var index = Search(_chunks[at], key);
        index = index < 0 ? ~index : index;
        for (; at < _chunks.Count; at++, index = 0)
        {
            var chunk = _chunks[at];
            for (; index < chunk.Count; index++)
            {
                yield return chunk[index];
            }
        }
    }

    /// <summary>Where the key is or belongs: the last chunk whose first key is not greater.</summary>
    private int ChunkOf(string key)
    {
        int low = 0, high = _chunks.Count;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (_chunks[middle].Count == 0 || KeyRange.Compare(_chunks[middle][0].Key, key) <= 0)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return Math.Max(low - 1, 0);
    }

    private static int Search(List<KeyHistory> chunk, string key)
    {
        int low = 0, high = chunk.Count - 1;
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            var order = KeyRange.Compare(chunk[middle].Key, key);
            if (order == 0)
            {
                return middle;
            }

            (low, high) = order < 0 ? (middle + 1, high) : (low, middle - 1);
        }

        return ~low;
    }

    private void Split(int at)
    {
        var chunk = _chunks[at];

        // Keys often arrive in order; an append at the very end then leaves the full chunk full.
        var keep = at == _chunks.Count - 1 ? ChunkSize : chunk.Count / 2;
        _chunks.Insert(at + 1, chunk.GetRange(keep, chunk.Count - keep));
        chunk.RemoveRange(keep, chunk.Count - keep);
    }
}
