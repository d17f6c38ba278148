using System.Text;
using System.Text.Json;
using Kobune.Api;

namespace Kobune.ApiServer.Resources.Checks;

/// <summary>How error messages show values that are neither texts nor numbers: as JSON.</summary>
internal static class Shown
{
    /// <summary>A map as {"a":"b"}, sorted by key; an empty one as null.</summary>
    public static object Map(IReadOnlyDictionary<string, string> map)
    {
        if (map.Count == 0)
        {
            return RawJson.Null;
        }

        var b = new StringBuilder("{");
        foreach (var (key, value) in map.OrderBy(e => e.Key, StringComparer.Ordinal))
        {
            b.Append(b.Length > 1 ? "," : "").Append(Quote(key)).Append(':').Append(Quote(value));
        }

        return RawJson.Parse(b.Append('}').ToString());
    }

    /// <summary>A list of objects.</summary>
    public static object List(IEnumerable<ApiStruct> list) => RawJson.Parse("[" + string.Join(",", list.Select(o => o.ToString())) + "]");

    /// <summary>Text that is shown without quotes.</summary>
    public static object Verbatim(string text) => RawJson.Parse(text);

    private static string Quote(string text) => $"\"{JsonEncodedText.Encode(text)}\"";
}
