using System.Text.Json.Nodes;
using Kobune.Api;
using Kobune.Api.ApiExtensions.V1;
using Kobune.Api.Meta.V1;

namespace Kobune.ApiServer.CustomResources.Schemas;

/// <summary>
/// Removes what a structural schema does not name, in place, and brings the metadata of embedded objects into form. Unknown
/// fields below x-kubernetes-preserve-unknown-fields stay.
/// </summary>
internal static class Pruning
{
    /// <summary>Prunes the content of an object (without apiVersion, kind and metadata); notes each removed field in the report.</summary>
    /// <returns>Whether anything was removed.</returns>
    public static bool Prune(JsonObject content, JSONSchemaProps? schema, DecodeReport? report) => Object(content, schema, "", report, SchemaNodes.Preserves(schema));

    private static bool Value(JsonNode? value, JSONSchemaProps? schema, string path, DecodeReport? report) => value switch
    {
        JsonObject map => Object(map, schema, path, report, SchemaNodes.Preserves(schema)),
        JsonArray list => Items(list, SchemaNodes.ItemsOf(schema), path, report, SchemaNodes.Preserves(schema)),
        _ => false,
    };

    private static bool Items(JsonArray list, JSONSchemaProps? items, string path, DecodeReport? report, bool preserve)
    {
        if (preserve && items is null)
        {
            return false;
        }

        var changed = false;
        for (var i = 0; i < list.Count; i++)
        {
            changed |= Value(list[i], items, $"{path}[{i}]", report);
        }

        return changed;
    }

    private static bool Object(JsonObject map, JSONSchemaProps? schema, string path, DecodeReport? report, bool preserve)
    {
        var embedded = schema?.XKubernetesEmbeddedResource == true;
        var changed = false;
        List<string>? unknown = null;
        foreach (var (name, value) in map)
        {
            if (embedded && SchemaNodes.IsObjectField(name))
            {
                continue;
            }

            if (SchemaNodes.PropertyOf(schema, name) is { } property)
            {
                changed |= Value(value, property, SchemaNodes.Child(path, name), report);
            }
            else if (schema is not null && SchemaNodes.AllowsOthers(schema))
            {
                changed |= Value(value, SchemaNodes.ValuesOf(schema), SchemaNodes.Child(path, name), report);
            }
            else if (!preserve)
            {
                (unknown ??= []).Add(name);
            }
        }

        foreach (var name in unknown ?? [])
        {
            map.Remove(name);
            report?.Unknown.Add(SchemaNodes.Child(path, name));
            changed = true;
        }

        return (embedded && Metadata(map, path, report)) | changed;
    }

    /// <summary>An embedded object's metadata has the form of every object's metadata.</summary>
    private static bool Metadata(JsonObject embedded, string path, DecodeReport? report)
    {
        if (embedded["metadata"] is not JsonObject metadata)
        {
            return false;
        }

        var found = new DecodeReport();
        var read = KubeJson.Read<ObjectMeta>(Patching.JsonText.Write(metadata), found);
        if (found.Unknown.Count == 0)
        {
            return false;
        }

        report?.Unknown.AddRange(found.Unknown.Select(f => SchemaNodes.Child(path, "metadata." + f)));
        embedded["metadata"] = JsonNode.Parse(KubeJson.Write(read));
        return true;
    }
}
