using System.Text.Json.Nodes;
using Kobune.Api.ApiExtensions.V1;

namespace Kobune.ApiServer.CustomResources.Schemas;

/// <summary>Steps from a structural schema to its parts. The walks (pruning, defaulting, validation) go over schema and value together.</summary>
internal static class SchemaNodes
{
    public static bool Preserves(JSONSchemaProps? schema) => schema?.XKubernetesPreserveUnknownFields == true;

    /// <summary>The schema of a list's items.</summary>
    public static JSONSchemaProps? ItemsOf(JSONSchemaProps? schema) => schema?.Items?.Schema;

    /// <summary>The schema of a map's values.</summary>
    public static JSONSchemaProps? ValuesOf(JSONSchemaProps? schema) => schema?.AdditionalProperties?.Schema;

    /// <summary>Whether the schema allows names that it does not list.</summary>
    public static bool AllowsOthers(JSONSchemaProps schema) => schema.AdditionalProperties is { } more && (more.Allows || more.Schema is not null);

    public static JSONSchemaProps? PropertyOf(JSONSchemaProps? schema, string name) =>
        schema is not null && schema.Properties.TryGetValue(name, out var property) ? property : null;

    /// <summary>The names that every whole object has besides what its schema says.</summary>
    public static bool IsObjectField(string name) => name is "apiVersion" or "kind" or "metadata";

    public static bool Contains(JSONSchemaProps? schema, Func<JSONSchemaProps, bool> what) =>
        schema is not null
        && (what(schema) || Contains(ItemsOf(schema), what) || Contains(ValuesOf(schema), what) || schema.Properties.Values.Any(p => Contains(p, what)));

    public static string Child(string path, string name) => path.Length == 0 ? name : $"{path}.{name}";

    public static bool IsNull(JsonNode? value) => value is null || value.GetValueKind() == System.Text.Json.JsonValueKind.Null;
}
