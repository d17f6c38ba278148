namespace Kobune.ApiServer.Cel.Library;

/// <summary>The operators; arithmetic is checked, and mixes no types.</summary>
internal static class Operators
{
    public static void AddTo(Dictionary<string, CelFunction> globals)
    {
        globals["=="] = static (in CelArguments c) => Same(c, c[0], c[1]);
        globals["!="] = static (in CelArguments c) => !Same(c, c[0], c[1]);
        globals["<"] = static (in CelArguments c) => Order(c) is { } o && o < 0;
        globals["<="] = static (in CelArguments c) => Order(c) is { } o && o <= 0;
        globals[">"] = static (in CelArguments c) => Order(c) is { } o && o > 0;
        globals[">="] = static (in CelArguments c) => Order(c) is { } o && o >= 0;
        globals["in"] = static (in CelArguments c) => In(c, c[0], c[1]);
        globals["!"] = static (in CelArguments c) => !c.As<bool>(0);
        globals["&&"] = static (in CelArguments c) => c.As<bool>(0) && c.As<bool>(1);
        globals["||"] = static (in CelArguments c) => c.As<bool>(0) || c.As<bool>(1);
        globals["+"] = static (in CelArguments c) => Add(c);
        globals["-"] = static (in CelArguments c) => c.Count == 1 ? Negate(c[0]) : Subtract(c);
        globals["*"] = static (in CelArguments c) => (c[0], c[1]) switch
        {
            (long a, long b) => (object)checked(a * b),
            (ulong a, ulong b) => checked(a * b),
            (double a, double b) => a * b,
            _ => throw CelArguments.NoOverload(),
        };
        globals["/"] = static (in CelArguments c) => (c[0], c[1]) switch
        {
            (long a, long b) => (object)checked(a / b),
            (ulong a, ulong b) => a / b,
            (double a, double b) => a / b,
            _ => throw CelArguments.NoOverload(),
        };
        globals["%"] = static (in CelArguments c) => (c[0], c[1]) switch
        {
            (long a, long b) => (object)(b == -1 ? 0L : a % b),
            (ulong a, ulong b) => a % b,
            _ => throw CelArguments.NoOverload(),
        };
    }

    private static bool Same(in CelArguments c, object? a, object? b)
    {
        c.Budget.Spend(Cost(a) + Cost(b));
        return CelCompare.Same(a, b);
    }

    private static long Cost(object? value) => value switch { string s => s.Length / 10, ICelList l => l.Count, ICelMap m => m.Count, _ => 0 };

    private static int? Order(in CelArguments c)
    {
        if (c[0] is not { } a || c[1] is not { } b)
        {
            throw CelArguments.NoOverload();
        }

        if (CelCompare.Order(a, b) is { } order)
        {
            return order;
        }

        return CelCompare.IsNumber(a) && CelCompare.IsNumber(b) ? null : throw CelArguments.NoOverload();
    }

    private static bool In(in CelArguments c, object? item, object? range)
    {
        switch (range)
        {
            case ICelList list:
                c.Budget.Spend(list.Count);
                for (var i = 0; i < list.Count; i++)
                {
                    if (CelCompare.Same(item, list[i]))
                    {
                        return true;
                    }
                }

                return false;
            case ICelMap map:
                return item is not null && map.TryGet(item, out _);
            default:
                throw CelArguments.NoOverload();
        }
    }

    private static object Add(in CelArguments c)
    {
        switch (c[0], c[1])
        {
            case (long a, long b): return checked(a + b);
            case (ulong a, ulong b): return checked(a + b);
            case (double a, double b): return a + b;
            case (string a, string b):
                c.Budget.Spend((a.Length + b.Length) / 10);
                return a + b;
            case (byte[] a, byte[] b): return (byte[])[.. a, .. b];
            case (ICelList a, ICelList b):
                c.Budget.Spend(a.Count + b.Count);
                return new CelItems([.. Enumerable.Range(0, a.Count).Select(i => a[i]), .. Enumerable.Range(0, b.Count).Select(i => b[i])]);
            case (DateTimeOffset a, TimeSpan b): return a + b;
            case (TimeSpan a, DateTimeOffset b): return b + a;
            case (TimeSpan a, TimeSpan b): return a + b;
            default: throw CelArguments.NoOverload();
        }
    }

    private static object Subtract(in CelArguments c) => (c[0], c[1]) switch
    {
        (long a, long b) => (object)checked(a - b),
        (ulong a, ulong b) => checked(a - b),
        (double a, double b) => a - b,
        (DateTimeOffset a, DateTimeOffset b) => a - b,
        (DateTimeOffset a, TimeSpan b) => a - b,
        (TimeSpan a, TimeSpan b) => a - b,
        _ => throw CelArguments.NoOverload(),
    };

    private static object Negate(object? value) => value switch
    {
        long n => (object)checked(-n),
        double d => -d,
        TimeSpan t => -t,
        _ => throw CelArguments.NoOverload(),
    };
}
