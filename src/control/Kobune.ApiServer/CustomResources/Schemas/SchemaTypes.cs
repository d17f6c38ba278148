using Kobune.Api;
using Kobune.Api.ApiExtensions.V1;

namespace Kobune.ApiServer.CustomResources.Schemas;

/// <summary>A structural schema in the terms of the schema table, which server-side apply goes by. Made part by part, as it is needed.</summary>
internal static class SchemaTypes
{
    private static readonly FieldSchema TypeMeta = new() { JsonName = "apiVersion", Kind = FieldKind.String };
    private static readonly FieldSchema KindMeta = new() { JsonName = "kind", Kind = FieldKind.String };
    private static readonly FieldSchema Metadata = new() { JsonName = "metadata", Kind = FieldKind.Struct, TypeSource = () => TypeSchema.BuiltIn("meta.v1.schema", "ObjectMeta") };

    /// <summary>The type of a whole object.</summary>
    public static TypeSchema Root(string kind, JSONSchemaProps? schema) =>
        Struct(kind, schema ?? new JSONSchemaProps { XKubernetesPreserveUnknownFields = true }, whole: true);

    private static TypeSchema Struct(string name, JSONSchemaProps schema, bool whole)
    {
        var fields = schema.Properties.Where(p => !whole || !SchemaNodes.IsObjectField(p.Key)).Select(p => Field(p.Key, p.Value));
        return new TypeSchema(name, whole ? new[] { KindMeta, TypeMeta, Metadata }.Concat(fields) : fields)
        {
            Description = schema.Description,
            MapType = schema.XKubernetesMapType == "atomic" ? MapType.Atomic : MapType.Granular,
            PreserveUnknown = SchemaNodes.Preserves(schema),
            IsRoot = whole,
        };
    }

    private static FieldSchema Field(string name, JSONSchemaProps schema) => new()
    {
        JsonName = name,
        Kind = KindOf(schema),
        TypeSource = KindOf(schema) == FieldKind.Struct ? () => Struct(name, schema, schema.XKubernetesEmbeddedResource) : null,
        Element = KindOf(schema) switch
        {
            FieldKind.List when SchemaNodes.ItemsOf(schema) is { } items => Field("", items),
            FieldKind.Map when SchemaNodes.ValuesOf(schema) is { } values => Field("", values),
            _ => null,
        },
        ListType = schema.XKubernetesListType switch { "map" => ListType.Map, "set" => ListType.Set, _ => ListType.Atomic },
        MapKeys = schema.XKubernetesListMapKeys,
        MapType = schema.XKubernetesMapType == "atomic" ? MapType.Atomic : MapType.Granular,
        Default = schema.Default?.ToString(),
        Description = schema.Description,
        PreserveUnknown = SchemaNodes.Preserves(schema),
        EmbeddedResource = schema.XKubernetesEmbeddedResource,
    };

    private static FieldKind KindOf(JSONSchemaProps schema) => schema switch
    {
        { XKubernetesIntOrString: true } => FieldKind.IntOrString,
        { XKubernetesEmbeddedResource: true } => FieldKind.Struct,
        { Type: "object" } when schema.Properties.Count > 0 => FieldKind.Struct,
        { Type: "object" } when SchemaNodes.AllowsOthers(schema) => FieldKind.Map,
        { Type: "object" } when SchemaNodes.Preserves(schema) => FieldKind.Any,
        { Type: "object" } => FieldKind.Struct,
        { Type: "array" } => FieldKind.List,
        { Type: "boolean" } => FieldKind.Boolean,
        { Type: "integer" } => FieldKind.Int64,
        { Type: "number" } => FieldKind.Double,
        { Type: "string" } => FieldKind.String,
        _ => FieldKind.Any,
    };
}
