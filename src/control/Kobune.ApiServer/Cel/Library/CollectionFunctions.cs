namespace Kobune.ApiServer.Cel.Library;

/// <summary>Lists, sets and mathematics; what strings and lists share by name stands here too.</summary>
internal static class CollectionFunctions
{
    public static void AddTo(Dictionary<string, CelFunction> globals, Dictionary<string, CelFunction> methods)
    {
        methods["indexOf"] = static (in CelArguments c) => c.Self is string text
            ? (long)text.IndexOf(c.As<string>(0), c.Count > 1 ? Start(text, c.As<long>(1)) : 0, StringComparison.Ordinal)
            : Items(c).FindIndex(Equal(c[0]));
        methods["lastIndexOf"] = static (in CelArguments c) => c.Self is string text
            ? (long)(c.Count > 1 ? text[..Math.Min(text.Length, Start(text, c.As<long>(1)) + c.As<string>(0).Length)] : text).LastIndexOf(c.As<string>(0), StringComparison.Ordinal)
            : Items(c).FindLastIndex(Equal(c[0]));
        methods["reverse"] = static (in CelArguments c) => c.Self is string text ? string.Concat(text.EnumerateRunes().Reverse().Select(r => r.ToString())) : new CelItems([.. Items(c).AsEnumerable().Reverse()]);
        methods["isSorted"] = static (in CelArguments c) =>
        {
            var items = Items(c);
            return Enumerable.Range(1, Math.Max(0, items.Count - 1)).All(i => Order(items[i - 1], items[i]) <= 0);
        };
        methods["sum"] = static (in CelArguments c) => Sum(Items(c));
        methods["min"] = static (in CelArguments c) => Extreme(Items(c), -1);
        methods["max"] = static (in CelArguments c) => Extreme(Items(c), 1);
        methods["slice"] = static (in CelArguments c) =>
        {
            var items = Items(c);
            var (from, to) = (c.As<long>(0), c.As<long>(1));
            return from >= 0 && to <= items.Count && from <= to ? new CelItems(items.GetRange((int)from, (int)(to - from))) : throw new CelException($"cannot slice({from}, {to}), list is length {items.Count}");
        };
        methods["flatten"] = static (in CelArguments c) => new CelItems(Flat(Items(c), c.Count > 0 ? c.As<long>(0) : 1));
        methods["sort"] = static (in CelArguments c) => new CelItems([.. Items(c).Order(Comparer<object?>.Create(Order))]);
        methods["distinct"] = static (in CelArguments c) =>
        {
            var result = new List<object?>();
            foreach (var item in Items(c))
            {
                c.Budget.Spend(result.Count);
                if (!result.Exists(r => CelCompare.Same(r, item)))
                {
                    result.Add(item);
                }
            }

            return new CelItems(result);
        };
        globals["lists.range"] = static (in CelArguments c) =>
        {
            c.Budget.Spend(c.As<long>(0));
            return new CelItems([.. Enumerable.Range(0, (int)c.As<long>(0)).Select(i => (object?)(long)i)]);
        };
        globals["sets.contains"] = static (in CelArguments c) => Contains(c, List(c[0]), List(c[1]));
        globals["sets.equivalent"] = static (in CelArguments c) => Contains(c, List(c[0]), List(c[1])) && Contains(c, List(c[1]), List(c[0]));
        globals["sets.intersects"] = static (in CelArguments c) =>
        {
            var (a, b) = (List(c[0]), List(c[1]));
            c.Budget.Spend((long)a.Count * b.Count);
            return a.Exists(x => b.Exists(y => CelCompare.Same(x, y)));
        };
        globals["math.greatest"] = static (in CelArguments c) => Extreme(c.Values is [ICelList list] ? List(list) : [.. c.Values], 1);
        globals["math.least"] = static (in CelArguments c) => Extreme(c.Values is [ICelList list] ? List(list) : [.. c.Values], -1);
        globals["math.ceil"] = static (in CelArguments c) => Math.Ceiling(c.As<double>(0));
        globals["math.floor"] = static (in CelArguments c) => Math.Floor(c.As<double>(0));
        globals["math.round"] = static (in CelArguments c) => Math.Round(c.As<double>(0), MidpointRounding.AwayFromZero);
        globals["math.trunc"] = static (in CelArguments c) => Math.Truncate(c.As<double>(0));
        globals["math.abs"] = static (in CelArguments c) => c[0] switch { long n => (object)Math.Abs(n), double d => Math.Abs(d), ulong u => u, _ => throw CelArguments.NoOverload() };
        globals["math.sign"] = static (in CelArguments c) => c[0] switch { long n => (object)(long)Math.Sign(n), double d => (double)Math.Sign(d), ulong u => u == 0 ? 0UL : 1UL, _ => throw CelArguments.NoOverload() };
    }

    internal static List<object?> List(object? value)
    {
        var list = value as ICelList ?? throw CelArguments.NoOverload();
        var result = new List<object?>(list.Count);
        for (var i = 0; i < list.Count; i++)
        {
            result.Add(list[i]);
        }

        return result;
    }

    private static List<object?> Items(in CelArguments c)
    {
        var items = List(c.Self);
        c.Budget.Spend(items.Count);
        return items;
    }

    private static int Start(string text, long at) => at >= 0 && at <= text.Length ? (int)at : throw new CelException($"index out of range: {at}");

    private static Predicate<object?> Equal(object? wanted) => item => CelCompare.Same(item, wanted);

    private static int Order(object? a, object? b) => a is not null && b is not null && CelCompare.Order(a, b) is { } order ? order : throw CelArguments.NoOverload();

    private static object? Extreme(List<object?> items, int sign)
    {
        if (items.Count == 0)
        {
            throw new CelException(sign < 0 ? "min called on empty list" : "max called on empty list");
        }

        var best = items[0];
        foreach (var item in items)
        {
            best = Order(item, best) * sign > 0 ? item : best;
        }

        return best;
    }

    private static object Sum(List<object?> items)
    {
        object sum = items.Count > 0 ? items[0]! : 0L;
        foreach (var item in items.Skip(1))
        {
            sum = (sum, item) switch
            {
                (long a, long b) => (object)checked(a + b),
                (ulong a, ulong b) => checked(a + b),
                (double a, double b) => a + b,
                (TimeSpan a, TimeSpan b) => a + b,
                _ => throw CelArguments.NoOverload(),
            };
        }

        return sum;
    }

    private static List<object?> Flat(List<object?> items, long depth) =>
        [.. items.SelectMany(i => i is ICelList inner && depth > 0 ? Flat(List(inner), depth - 1) : [i])];

    private static bool Contains(in CelArguments c, List<object?> all, List<object?> wanted)
    {
        c.Budget.Spend((long)all.Count * wanted.Count);
        return wanted.TrueForAll(w => all.Exists(a => CelCompare.Same(a, w)));
    }
}
