namespace Kobune.Api;

/// <summary>A map's entries in ordinal order of the keys, without copying when there is nothing to sort.</summary>
internal static class SortedMap
{
    internal static ReadOnlySpan<KeyValuePair<string, T>> Of<T>(Dictionary<string, T>? map)
    {
        if (map == null || map.Count == 0)
        {
            return default;
        }

        var entries = new KeyValuePair<string, T>[map.Count];
        var i = 0;
        var sorted = true;
        foreach (var entry in map)
        {
            sorted &= i == 0 || string.CompareOrdinal(entries[i - 1].Key, entry.Key) < 0;
            entries[i++] = entry;
        }

        if (!sorted)
        {
            Array.Sort(entries, static (a, b) => string.CompareOrdinal(a.Key, b.Key));
        }

        return entries;
    }
}
