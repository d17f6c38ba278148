using System.Collections;

namespace Kobune.ApiServer.Registry;

/// <summary>
/// An immutable collection of objects in key order: an array of small sorted chunks. A change copies one chunk and the
/// array of chunks; enumeration and seeking touch nothing else. Readers keep whatever version they hold.
/// </summary>
internal sealed class KeyOrderedSnapshot : IEnumerable<StoredObject>
{
    private const int MaxChunk = 128;
    public static readonly KeyOrderedSnapshot Empty = new([], 0);

    private readonly StoredObject[][] chunks;

    private KeyOrderedSnapshot(StoredObject[][] chunks, int count)
    {
        this.chunks = chunks;
        Count = count;
    }

    public int Count { get; }

    /// <summary>Builds from objects that are sorted by key already.</summary>
    public static KeyOrderedSnapshot FromSorted(IReadOnlyList<StoredObject> sorted)
    {
        const int fill = MaxChunk * 3 / 4;
        var chunks = new StoredObject[(sorted.Count + fill - 1) / fill][];
        for (var c = 0; c < chunks.Length; c++)
        {
            var start = c * fill;
            var chunk = new StoredObject[Math.Min(fill, sorted.Count - start)];
            for (var i = 0; i < chunk.Length; i++)
            {
                chunk[i] = sorted[start + i];
            }

            chunks[c] = chunk;
        }

        return new KeyOrderedSnapshot(chunks, sorted.Count);
    }

    public StoredObject? Find(string key)
    {
        var c = ChunkOf(key);
        if (c < 0)
        {
            return null;
        }

        var i = IndexIn(chunks[c], key);
        return i >= 0 ? chunks[c][i] : null;
    }

    public KeyOrderedSnapshot Put(StoredObject item)
    {
        if (chunks.Length == 0)
        {
            return new KeyOrderedSnapshot([[item]], 1);
        }

        var c = Math.Max(ChunkOf(item.Key), 0);
        var chunk = chunks[c];
        var i = IndexIn(chunk, item.Key);
        if (i >= 0)
        {
            var replaced = (StoredObject[])chunk.Clone();
            replaced[i] = item;
            return new KeyOrderedSnapshot(With(c, replaced), Count);
        }

        i = ~i;
        var grown = new StoredObject[chunk.Length + 1];
        Array.Copy(chunk, grown, i);
        grown[i] = item;
        Array.Copy(chunk, i, grown, i + 1, chunk.Length - i);
        return new KeyOrderedSnapshot(grown.Length <= MaxChunk ? With(c, grown) : Split(c, grown), Count + 1);
    }

    public KeyOrderedSnapshot Remove(string key)
    {
        var c = ChunkOf(key);
        var i = c < 0 ? -1 : IndexIn(chunks[c], key);
        if (i < 0)
        {
            return this;
        }

        var chunk = chunks[c];
        if (chunk.Length == 1)
        {
            var fewer = new StoredObject[chunks.Length - 1][];
            Array.Copy(chunks, fewer, c);
            Array.Copy(chunks, c + 1, fewer, c, fewer.Length - c);
            return new KeyOrderedSnapshot(fewer, Count - 1);
        }

        var shrunk = new StoredObject[chunk.Length - 1];
        Array.Copy(chunk, shrunk, i);
        Array.Copy(chunk, i + 1, shrunk, i, shrunk.Length - i);
        return new KeyOrderedSnapshot(With(c, shrunk), Count - 1);
    }

    /// <summary>The objects whose key starts with the prefix, in order.</summary>
    public IEnumerable<StoredObject> WithPrefix(string prefix) => From(prefix, prefix);

    /// <summary>The objects from <paramref name="start"/> (inclusive) on, as long as they have the prefix.</summary>
    public IEnumerable<StoredObject> From(string start, string prefix)
    {
        var c = Math.Max(ChunkOf(start), 0);
        var i = 0;
        if (c < chunks.Length)
        {
            i = IndexIn(chunks[c], start);
            i = i < 0 ? ~i : i;
        }

        for (; c < chunks.Length; c++, i = 0)
        {
            var chunk = chunks[c];
            for (; i < chunk.Length; i++)
            {
                if (!chunk[i].Key.StartsWith(prefix, StringComparison.Ordinal))
                {
                    yield break;
                }

                yield return chunk[i];
            }
        }
    }

    /// <summary>How many objects there are from <paramref name="start"/> (inclusive) to <paramref name="end"/> (exclusive), without looking at each.</summary>
    public int CountBetween(string start, string end)
    {
        var (c, i) = PlaceOf(start);
        var (last, lastIndex) = PlaceOf(end);
        if (c > last || (c == last && i >= lastIndex))
        {
            return 0;
        }

        var count = lastIndex - i;
        for (; c < last; c++)
        {
            count += chunks[c].Length;
        }

        return count;
    }

    public IEnumerator<StoredObject> GetEnumerator()
    {
        foreach (var chunk in chunks)
        {
            foreach (var item in chunk)
            {
                yield return item;
            }
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>The last chunk whose first key is not after the key; -1 when the key is before all.</summary>
    private int ChunkOf(string key)
    {
        int low = 0, high = chunks.Length - 1;
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            if (string.CompareOrdinal(chunks[middle][0].Key, key) <= 0)
            {
                low = middle + 1;
            }
            else
            {
                high = middle - 1;
            }
        }

        return high;
    }

    /// <summary>Chunk and index of the first object that is not before the key.</summary>
    private (int Chunk, int Index) PlaceOf(string key)
    {
        var c = ChunkOf(key);
        if (c < 0)
        {
            return (0, 0);
        }

        var i = IndexIn(chunks[c], key);
        return (c, i < 0 ? ~i : i);
    }

    private static int IndexIn(StoredObject[] chunk, string key)
    {
        int low = 0, high = chunk.Length - 1;
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            var order = string.CompareOrdinal(chunk[middle].Key, key);
            if (order == 0)
            {
                return middle;
            }

            if (order < 0)
            {
                low = middle + 1;
            }
            else
            {
                high = middle - 1;
            }
        }

        return ~low;
    }

    private StoredObject[][] With(int index, StoredObject[] chunk)
    {
        var copy = (StoredObject[][])chunks.Clone();
        copy[index] = chunk;
        return copy;
    }

    private StoredObject[][] Split(int index, StoredObject[] chunk)
    {
        var copy = new StoredObject[chunks.Length + 1][];
        Array.Copy(chunks, copy, index);
        copy[index] = chunk[..(chunk.Length / 2)];
        copy[index + 1] = chunk[(chunk.Length / 2)..];
        Array.Copy(chunks, index + 1, copy, index + 2, chunks.Length - index - 1);
        return copy;
    }
}
