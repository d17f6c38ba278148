using System.Text.Json;
using System.Text.Json.Nodes;
using Kobune.Api;
using Kobune.Api.ApiExtensions.V1;
using Kobune.ApiServer.CustomResources.Schemas;

namespace Kobune.ApiServer.Discovery;

/// <summary>
/// The schema of a custom resource as an OpenAPI definition: as the definition's author wrote it, with what every object
/// has. Version 2 leaves out what it cannot say.
/// </summary>
internal static class CustomSchemaWriter
{
    private const string MetaPackage = "io.k8s.apimachinery.pkg.apis.meta.v1.";
    private const string Kind = "Kind is a string value representing the REST resource this object represents. Servers may infer this from the endpoint the client submits requests to. Cannot be updated. In CamelCase.";
    private const string ApiVersion = "APIVersion defines the versioned schema of this representation of an object. Servers should convert recognized schemas to the latest internal value.";

    private static readonly string[] NotInV2 = ["default", "nullable", "oneOf", "anyOf", "allOf", "not", "exclusiveMinimum", "exclusiveMaximum"];

    public static JsonObject Definition(ResourceInfo resource, JSONSchemaProps? schema, bool v2)
    {
        JsonObject result;
        if (schema is null || (v2 && SchemaNodes.Preserves(schema)))
        {
            // Without a schema, naming some fields would make clients refuse all others.
            result = new JsonObject { ["type"] = "object" };
        }
        else
        {
            result = JsonNode.Parse(KubeJson.Write(schema))!.AsObject();
            if (v2)
            {
                ToV2(result);
            }

            Whole(result, schema, v2);
        }

        result["x-kubernetes-group-version-kind"] = new JsonArray(new JsonObject { ["group"] = resource.Group, ["kind"] = resource.Kind, ["version"] = resource.Version });
        return result;
    }

    private static void Whole(JsonObject node, JSONSchemaProps schema, bool v2)
    {
        if (node["properties"] is not JsonObject properties)
        {
            node["properties"] = properties = [];
        }

        Embedded(node, schema, v2);
        ObjectFields(properties, v2);
    }

    private static void ObjectFields(JsonObject properties, bool v2)
    {
        properties["apiVersion"] = new JsonObject { ["description"] = ApiVersion, ["type"] = "string" };
        properties["kind"] = new JsonObject { ["description"] = Kind, ["type"] = "string" };
        const string Description = "Standard object's metadata. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata";
        var reference = (v2 ? "#/definitions/" : "#/components/schemas/") + MetaPackage + "ObjectMeta";
        properties["metadata"] = v2
            ? new JsonObject { ["description"] = Description, ["$ref"] = reference }
            : new JsonObject { ["description"] = Description, ["allOf"] = new JsonArray(new JsonObject { ["$ref"] = reference }) };
    }

    /// <summary>Objects within objects have the fields of every object too.</summary>
    private static void Embedded(JsonObject node, JSONSchemaProps schema, bool v2)
    {
        foreach (var (name, property) in schema.Properties)
        {
            if (node["properties"]?[name] is JsonObject child)
            {
                One(child, property, v2);
            }
        }

        if (SchemaNodes.ItemsOf(schema) is { } items && node["items"] is JsonObject item)
        {
            One(item, items, v2);
        }

        if (SchemaNodes.ValuesOf(schema) is { } values && node["additionalProperties"] is JsonObject value)
        {
            One(value, values, v2);
        }

        static void One(JsonObject child, JSONSchemaProps schema, bool v2)
        {
            Embedded(child, schema, v2);
            if (!schema.XKubernetesEmbeddedResource || (v2 && SchemaNodes.Preserves(schema)))
            {
                return;
            }

            if (child["properties"] is not JsonObject properties)
            {
                child["properties"] = properties = [];
            }

            ObjectFields(properties, v2);
        }
    }

    private static void ToV2(JsonObject node)
    {
        var loose = node["nullable"]?.GetValue<bool>() == true || node["x-kubernetes-preserve-unknown-fields"]?.GetValue<bool>() == true || node["x-kubernetes-int-or-string"]?.GetValue<bool>() == true;
        foreach (var name in NotInV2)
        {
            node.Remove(name);
        }

        if (loose)
        {
            // Clients of this version would refuse null, unknown fields, or a number for a string.
            node.Remove("type");
            node.Remove("items");
            node.Remove("properties");
        }

        foreach (var name in new[] { "items", "additionalProperties" })
        {
            if (node[name] is JsonObject child)
            {
                ToV2(child);
            }
        }

        foreach (var (_, child) in node["properties"] as JsonObject ?? [])
        {
            if (child is JsonObject property)
            {
                ToV2(property);
            }
        }
    }

    public static void Write(Utf8JsonWriter w, ResourceInfo resource, JSONSchemaProps? schema, bool v2) => Definition(resource, schema, v2).WriteTo(w);
}
