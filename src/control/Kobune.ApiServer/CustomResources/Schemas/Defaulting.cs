using System.Text.Json.Nodes;
using Kobune.Api.ApiExtensions.V1;

namespace Kobune.ApiServer.CustomResources.Schemas;

/// <summary>Fills in the defaults of a structural schema, in place. null in a field that is not nullable counts as absent.</summary>
internal static class Defaulting
{
    /// <returns>Whether anything was changed.</returns>
    public static bool Apply(JsonNode? value, JSONSchemaProps? schema)
    {
        switch (value)
        {
            case JsonObject map when schema is not null:
                return Properties(map, schema) | Values(map, schema);
            case JsonArray list when SchemaNodes.ItemsOf(schema) is { } items:
                var changed = false;
                for (var i = 0; i < list.Count; i++)
                {
                    if (SchemaNodes.IsNull(list[i]) && !items.Nullable && items.Default is { } fallback)
                    {
                        list[i] = fallback.ToNode();
                        changed = true;
                    }

                    changed |= Apply(list[i], items);
                }

                return changed;
            default:
                return false;
        }
    }

    private static bool Properties(JsonObject map, JSONSchemaProps schema)
    {
        var changed = false;
        foreach (var (name, property) in schema.Properties)
        {
            var present = map.TryGetPropertyValue(name, out var value);
            if ((!present || (SchemaNodes.IsNull(value) && !property.Nullable)) && property.Default is { } fallback)
            {
                map[name] = value = fallback.ToNode();
                changed = true;
            }
            else if (present && SchemaNodes.IsNull(value) && !property.Nullable)
            {
                map.Remove(name);
                changed = true;
                continue;
            }

            changed |= Apply(value, property);
        }

        return changed;
    }

    private static bool Values(JsonObject map, JSONSchemaProps schema)
    {
        if (SchemaNodes.ValuesOf(schema) is not { } values)
        {
            return false;
        }

        var changed = false;
        foreach (var (name, value) in map.ToList())
        {
            if (SchemaNodes.IsNull(value) && !values.Nullable)
            {
                changed = true;
                if (values.Default is { } fallback)
                {
                    map[name] = fallback.ToNode();
                }
                else
                {
                    map.Remove(name);
                    continue;
                }
            }

            changed |= Apply(map[name], values);
        }

        return changed;
    }
}
