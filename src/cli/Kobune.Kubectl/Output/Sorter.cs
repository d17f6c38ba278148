using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Kobune.Api;
using Kobune.Api.JsonPaths;
using Kobune.Kubectl.CommandLine;

namespace Kobune.Kubectl.Output;

/// <summary>--sort-by: numbers by value, quantities by amount, all else as text; objects without the field come first.</summary>
internal static class Sorter
{
    public static List<JsonObject> Sort(IEnumerable<JsonObject> objects, string field)
    {
        var path = Parse(field);
        return [.. objects.OrderBy(o => Key(path, o), Comparer<JsonNode?>.Create(Compare))];
    }

    public static void SortRows(JsonObject table, string field)
    {
        var path = Parse(field);
        var rows = table.Objects("rows").OrderBy(r => Key(path, r["object"]), Comparer<JsonNode?>.Create(Compare)).Select(r => r.DeepClone()).ToArray();
        table["rows"] = new JsonArray(rows);
    }

    private static JsonPathTemplate Parse(string field)
    {
        try
        {
            return JsonPathTemplate.Parse(field, relaxed: true);
        }
        catch (JsonPathException e)
        {
            throw new CommandException(e.Message);
        }
    }

    private static JsonNode? Key(JsonPathTemplate path, JsonNode? obj) => path.Find(obj).FirstOrDefault();

    private static int Compare(JsonNode? a, JsonNode? b)
    {
        if (a is null || b is null)
        {
            return (a is null ? 0 : 1) - (b is null ? 0 : 1);
        }

        if (a.GetValueKind() == JsonValueKind.Number && b.GetValueKind() == JsonValueKind.Number)
        {
            return double.Parse(a.ToJsonString(), CultureInfo.InvariantCulture).CompareTo(double.Parse(b.ToJsonString(), CultureInfo.InvariantCulture));
        }

        return Quantity.TryParse(a.Text(), out var x) && Quantity.TryParse(b.Text(), out var y)
            ? x.CompareTo(y)
            : string.CompareOrdinal(a.Text(), b.Text());
    }
}
