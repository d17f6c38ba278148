namespace Kobune.Api;

/// <summary>Deep copies for the generated Clone methods.</summary>
internal static class Copy
{
    internal static void Shallow<T>(ref List<T>? list) => list = list == null ? null : [.. list];

    internal static void Shallow<T>(ref Dictionary<string, T>? map) => map = map == null ? null : new(map, map.Comparer);

    internal static void Deep(ref Dictionary<string, byte[]>? map) => Each(ref map, static v => [.. v]);

    internal static void Deep(ref Dictionary<string, List<string>>? map) => Each(ref map, static v => [.. v]);

    internal static void Structs<T>(ref List<T>? list)
        where T : ApiStruct
    {
        if (list == null)
        {
            return;
        }

        var copy = new List<T>(list.Count);
        foreach (var item in list)
        {
            copy.Add((T)item.CloneStruct());
        }

        list = copy;
    }

    internal static void Structs<T>(ref Dictionary<string, T>? map)
        where T : ApiStruct => Each(ref map, static v => (T)v.CloneStruct());

    private static void Each<T>(ref Dictionary<string, T>? map, Func<T, T> copy)
    {
        if (map == null)
        {
            return;
        }

        var result = new Dictionary<string, T>(map.Count, map.Comparer);
        foreach (var (k, v) in map)
        {
            result.Add(k, copy(v));
        }

        map = result;
    }
}
