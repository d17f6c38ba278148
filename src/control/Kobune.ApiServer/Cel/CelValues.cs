using System.Globalization;
using System.Numerics;
using System.Text.Json;
using System.Text.Json.Nodes;
using Kobune.Api;

namespace Kobune.ApiServer.Cel;

/// <summary>A list as expressions see it.</summary>
internal interface ICelList
{
    int Count { get; }
    object? this[int index] { get; }
}

/// <summary>A map or message as expressions see it. Keys are text, numbers or booleans.</summary>
internal interface ICelMap
{
    int Count { get; }
    IEnumerable<object> Keys { get; }
    bool TryGet(object key, out object? value);
}

internal sealed class CelItems(IReadOnlyList<object?> items) : ICelList
{
    public int Count => items.Count;
    public object? this[int index] => items[index];
}

internal sealed class CelEntries(IReadOnlyDictionary<object, object?> entries) : ICelMap
{
    public int Count => entries.Count;
    public IEnumerable<object> Keys => entries.Keys;
    public bool TryGet(object key, out object? value) => entries.TryGetValue(key, out value);
}

/// <summary>optional_type: a value or none.</summary>
internal sealed record CelOptional(bool HasValue, object? Value)
{
    public static readonly CelOptional None = new(false, null);
    public static CelOptional Of(object? value) => new(true, value);
}

/// <summary>A type as a value: int, list, google.protobuf.Timestamp.</summary>
internal sealed record CelTypeValue(string Name);

/// <summary>JSON without a schema as a map or list; converted where it is looked at.</summary>
internal static class CelJson
{
    public static object? Of(JsonNode? node) => node switch
    {
        null => null,
        JsonObject map => new JsonMap(map),
        JsonArray list => new JsonList(list),
        JsonValue value => Scalar(value),
        _ => null,
    };

    public static object? Scalar(JsonValue value) => value.GetValueKind() switch
    {
        JsonValueKind.String => value.GetValue<string>(),
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.Number => long.TryParse(value.ToJsonString(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole)
            ? (object)whole : double.Parse(value.ToJsonString(), CultureInfo.InvariantCulture),
        _ => null,
    };

    /// <summary>What an expression made, as JSON.</summary>
    /// <exception cref="CelException">A value that JSON has no form for.</exception>
    public static JsonNode? ToNode(object? value)
    {
        switch (value)
        {
            case null: return null;
            case JsonMap map: return map.Node.DeepClone();
            case JsonList list: return list.Node.DeepClone();
            case bool b: return JsonValue.Create(b);
            case long n: return JsonValue.Create(n);
            case ulong u: return JsonValue.Create(u);
            case double d: return JsonValue.Create(d);
            case string s: return JsonValue.Create(s);
            case byte[] bytes: return JsonValue.Create(Convert.ToBase64String(bytes));
            case DateTimeOffset or TimeSpan: return JsonValue.Create(CelText.Of(value));
            case CelOptional o: return o.HasValue ? ToNode(o.Value) : null;
            case ICelList items:
                var array = new JsonArray();
                for (var i = 0; i < items.Count; i++)
                {
                    array.Add(ToNode(items[i]));
                }

                return array;
            case ICelMap entries:
                var result = new JsonObject();
                foreach (var key in entries.Keys)
                {
                    entries.TryGet(key, out var member);
                    result[CelText.Of(key)] = ToNode(member);
                }

                return result;
            default: throw new CelException($"unsupported conversion of {CelTypes.NameOf(value)} to JSON");
        }
    }

    internal sealed class JsonMap(JsonObject node) : ICelMap
    {
        public JsonObject Node => node;
        public int Count => node.Count;
        public IEnumerable<object> Keys => node.Select(p => (object)p.Key);

        public bool TryGet(object key, out object? value)
        {
            value = null;
            if (key is not string name || !node.TryGetPropertyValue(name, out var member))
            {
                return false;
            }

            value = Of(member);
            return true;
        }
    }

    internal sealed class JsonList(JsonArray node) : ICelList
    {
        public JsonArray Node => node;
        public int Count => node.Count;
        public object? this[int index] => Of(node[index]);
    }
}

internal static class CelTypes
{
    public static string NameOf(object? value) => value switch
    {
        null => "null_type",
        bool => "bool",
        long => "int",
        ulong => "uint",
        double => "double",
        string => "string",
        byte[] => "bytes",
        ICelList => "list",
        ICelMap => "map",
        DateTimeOffset => "google.protobuf.Timestamp",
        TimeSpan => "google.protobuf.Duration",
        CelOptional => "optional_type",
        CelTypeValue => "type",
        Quantity => "kubernetes.Quantity",
        System.Net.IPAddress => "net.IP",
        System.Net.IPNetwork => "net.CIDR",
        Uri => "kubernetes.URL",
        _ => value.GetType().Name,
    };
}

/// <summary>Values as text, the way string() makes it.</summary>
internal static class CelText
{
    public static string Of(object? value) => value switch
    {
        null => "null",
        string s => s,
        bool b => b ? "true" : "false",
        double d => double.IsPositiveInfinity(d) ? "+Inf" : double.IsNegativeInfinity(d) ? "-Inf" : d.ToString("R", CultureInfo.InvariantCulture),
        long or ulong => ((IFormattable)value).ToString(null, CultureInfo.InvariantCulture),
        byte[] bytes => System.Text.Encoding.UTF8.GetString(bytes),
        DateTimeOffset time => time.UtcDateTime.ToString(time.Ticks % TimeSpan.TicksPerSecond == 0 ? "yyyy-MM-dd'T'HH:mm:ss'Z'" : "yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture),
        TimeSpan span => (span.Ticks / (decimal)TimeSpan.TicksPerSecond).ToString("0.#########", CultureInfo.InvariantCulture) + "s",
        CelTypeValue type => type.Name,
        _ => value.ToString() ?? "",
    };
}

/// <summary>Equality and order across the number types.</summary>
internal static class CelCompare
{
    public static bool Same(object? a, object? b)
    {
        switch (a, b)
        {
            case (null, null): return true;
            case (null, _) or (_, null): return false;
            case (byte[] x, byte[] y): return x.AsSpan().SequenceEqual(y);
            case (ICelList x, ICelList y):
                if (x.Count != y.Count)
                {
                    return false;
                }

                for (var i = 0; i < x.Count; i++)
                {
                    if (!Same(x[i], y[i]))
                    {
                        return false;
                    }
                }

                return true;
            case (ICelMap x, ICelMap y): return x.Count == y.Count && x.Keys.All(k => x.TryGet(k, out var v) && y.TryGet(k, out var w) && Same(v, w));
            case (CelOptional x, CelOptional y): return x.HasValue == y.HasValue && Same(x.Value, y.Value);
            case (Uri x, Uri y): return x.OriginalString == y.OriginalString;
            default: return IsNumber(a) && IsNumber(b) ? Order(a!, b!) == 0 : a!.Equals(b);
        }
    }

    public static bool IsNumber(object? value) => value is long or ulong or double;

    /// <summary>null when the two have no order.</summary>
    public static int? Order(object a, object b) => (a, b) switch
    {
        (string x, string y) => string.CompareOrdinal(x, y),
        (bool x, bool y) => x.CompareTo(y),
        (long x, long y) => x.CompareTo(y),
        (ulong x, ulong y) => x.CompareTo(y),
        (double x, double y) => double.IsNaN(x) || double.IsNaN(y) ? null : x.CompareTo(y),
        (DateTimeOffset x, DateTimeOffset y) => x.CompareTo(y),
        (TimeSpan x, TimeSpan y) => x.CompareTo(y),
        (byte[] x, byte[] y) => x.AsSpan().SequenceCompareTo(y),
        (long x, ulong y) => new BigInteger(x).CompareTo(y),
        (ulong x, long y) => new BigInteger(x).CompareTo(y),
        (double x, long or ulong) => double.IsNaN(x) ? null : x.CompareTo(Convert.ToDouble(b, CultureInfo.InvariantCulture)),
        (long or ulong, double y) => double.IsNaN(y) ? null : Convert.ToDouble(a, CultureInfo.InvariantCulture).CompareTo(y),
        _ => null,
    };
}
