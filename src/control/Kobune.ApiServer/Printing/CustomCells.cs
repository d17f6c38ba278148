using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using Kobune.Api;
using Kobune.Api.JsonPaths;

namespace Kobune.ApiServer.Printing;

/// <summary>The cells of custom resources: what the columns' JSON paths find; null where they find nothing.</summary>
internal static class CustomCells
{
    private static readonly ConditionalWeakTable<PrinterColumn, JsonPathTemplate> Paths = [];

    public static void Print(DynamicObject obj, IReadOnlyList<PrinterColumn> columns, Cells cells)
    {
        JsonObject? whole = null;
        foreach (var column in columns)
        {
            if (column is { Name: "Name", JsonPath: "" })
            {
                cells.Text(obj.Metadata.Name);
                continue;
            }

            // Most columns are about spec and status, which are a tree already.
            var root = column.JsonPath.StartsWith(".spec", StringComparison.Ordinal) || column.JsonPath.StartsWith(".status", StringComparison.Ordinal)
                ? obj.Content
                : whole ??= Patching.JsonText.ToTree(obj);
            cells.Values.Add(Cell(column, Find(column, root), cells));
        }
    }

    private static JsonNode? Find(PrinterColumn column, JsonObject root)
    {
        try
        {
            var path = Paths.GetValue(column, static c => JsonPathTemplate.Parse(c.JsonPath, relaxed: true));
            return path.Find(root) is [var first, ..] ? first : null;
        }
        catch (JsonPathException)
        {
            return null;
        }
    }

    private static RawJson Cell(PrinterColumn column, JsonNode? value, Cells cells)
    {
        if (value is null)
        {
            return RawJson.Null;
        }

        var kind = value.GetValueKind();
        return column.Type switch
        {
            "string" => RawJson.Text(kind == JsonValueKind.String ? value.GetValue<string>() : GoJson.Compact(value)),
            "integer" when kind == JsonValueKind.Number => RawJson.Parse(((long)double.Parse(value.ToJsonString(), CultureInfo.InvariantCulture)).ToString(CultureInfo.InvariantCulture)),
            "number" when kind == JsonValueKind.Number => RawJson.From(value),
            "boolean" when kind is JsonValueKind.True or JsonValueKind.False => RawJson.From(value),
            "date" when kind == JsonValueKind.String => RawJson.Text(KubeTime.TryParse(value.GetValue<string>(), out var time) ? cells.AgeText(time) : "<invalid>"),
            _ => RawJson.Null,
        };
    }
}
