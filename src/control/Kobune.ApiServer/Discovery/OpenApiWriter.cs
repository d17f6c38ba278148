using System.Text.Json;
using Kobune.Api;
using Kobune.ApiServer.CustomResources;

namespace Kobune.ApiServer.Discovery;

/// <summary>Writes the schema table as OpenAPI, version 3 or 2; the two differ in where schemas stand and how they are referred to.</summary>
internal sealed class OpenApiWriter(Utf8JsonWriter w, string refPrefix)
{
    private const string MetaPackage = "io.k8s.apimachinery.pkg.apis.meta.v1.";
    private readonly bool v2 = refPrefix == "#/definitions/";
    private readonly SortedDictionary<string, TypeSchema> pending = new(StringComparer.Ordinal);
    private readonly HashSet<string> scalars = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ResourceInfo> kinds = new(StringComparer.Ordinal);
    private readonly List<ResourceInfo> custom = [];
    private readonly HashSet<string> seen = new(StringComparer.Ordinal);

    public void WriteV3(IReadOnlyList<ResourceInfo> resources)
    {
        w.WriteStartObject();
        w.WriteString("openapi", "3.0.0");
        Info();
        OpenApiPaths.Write(w, resources, v2);
        w.WriteStartObject("components");
        w.WriteStartObject("schemas");
        Schemas(resources);
        w.WriteEndObject();
        w.WriteEndObject();
        w.WriteEndObject();
    }

    public void WriteV2(IReadOnlyList<ResourceInfo> resources)
    {
        w.WriteStartObject();
        w.WriteString("swagger", "2.0");
        Info();
        OpenApiPaths.Write(w, resources, v2);
        w.WriteStartObject("definitions");
        Schemas(resources);
        w.WriteEndObject();
        w.WriteEndObject();
    }

    private void Info()
    {
        w.WriteStartObject("info");
        w.WriteString("title", "Kubernetes");
        w.WriteString("version", ServerVersion.GitVersion);
        w.WriteEndObject();
    }

    private void Schemas(IReadOnlyList<ResourceInfo> resources)
    {
        foreach (var resource in resources)
        {
            if (CustomFacts.Of(resource) is not null)
            {
                custom.Add(resource);
                Want(TypeSchema.BuiltIn("meta.v1.schema", "ObjectMeta"), MetaPackage + "ObjectMeta");
            }
            else
            {
                Want(resource.Schema, NameOf(resource));
                kinds[NameOf(resource)] = resource;
            }

            foreach (var sub in resource.Subresources)
            {
                if (ResourceInfo.FindKind(sub.Group, sub.Version, sub.Kind) is { } body)
                {
                    Want(body.Schema, NameOf(body));
                    kinds[NameOf(body)] = body;
                }
            }
        }

        Want(TypeSchema.BuiltIn("meta.v1.schema", "DeleteOptions"), MetaPackage + "DeleteOptions");
        Want(TypeSchema.BuiltIn("meta.v1.schema", "Status"), MetaPackage + "Status");
        Want(TypeSchema.BuiltIn("meta.v1.schema", "ListMeta"), MetaPackage + "ListMeta");
        while (pending.Count > 0)
        {
            var (name, type) = pending.First();
            pending.Remove(name);
            w.WritePropertyName(name);
            Struct(type, kinds.GetValueOrDefault(name));
        }

        foreach (var resource in custom)
        {
            w.WritePropertyName(NameOf(resource));
            CustomSchemaWriter.Write(w, resource, CustomFacts.Of(resource)!.Schema, v2);
        }

        foreach (var resource in resources.Where(r => r.HasVerb("list")))
        {
            List(resource);
        }

        foreach (var scalar in scalars)
        {
            Scalar(scalar);
        }
    }

    /// <summary>The definition's name: upstream's for built-in types, group-version-kind for custom ones.</summary>
    private static string NameOf(ResourceInfo resource) =>
        CustomFacts.Of(resource) is null && resource.Schema.Package.Length > 0 ? resource.Schema.FullName : string.Join('.', resource.Group.Split('.').Reverse()) + $".{resource.Version}.{resource.Kind}";

    private void Want(TypeSchema type, string name)
    {
        if (seen.Add(name))
        {
            pending[name] = type;
        }
    }

    private void Struct(TypeSchema type, ResourceInfo? kind)
    {
        w.WriteStartObject();
        if (type.Description.Length > 0)
        {
            w.WriteString("description", type.Description);
        }

        w.WriteString("type", "object");
        Fields(type);
        if (kind is not null)
        {
            GroupVersionKind(kind, kind.Kind);
        }

        if (type.MapType == MapType.Atomic)
        {
            w.WriteString("x-kubernetes-map-type", "atomic");
        }

        if (type.PreserveUnknown)
        {
            w.WriteBoolean("x-kubernetes-preserve-unknown-fields", true);
        }

        Unions(type);
        w.WriteEndObject();
    }

    private void Fields(TypeSchema type)
    {
        var required = type.Fields.Where(f => f.Required).Select(f => f.JsonName).Order(StringComparer.Ordinal).ToList();
        if (required.Count > 0)
        {
            DiscoveryDocuments.Strings(w, "required", required, true);
        }

        if (type.Fields.Count == 0)
        {
            return;
        }

        w.WriteStartObject("properties");
        foreach (var field in type.Fields.OrderBy(f => f.JsonName, StringComparer.Ordinal))
        {
            w.WriteStartObject(field.JsonName);
            Property(field);
            w.WriteEndObject();
        }

        w.WriteEndObject();
    }

    private void Property(FieldSchema field)
    {
        if (field.Description.Length > 0)
        {
            w.WriteString("description", field.Description);
        }

        if (field.Default is { } value && !v2)
        {
            w.WritePropertyName("default");
            w.WriteRawValue(value);
        }

        Type(field);
        if (field.Kind == FieldKind.List)
        {
            ListExtensions(field);
        }

        if (field.PatchStrategies.Count > 0)
        {
            w.WriteString("x-kubernetes-patch-strategy", string.Join(",", field.PatchStrategies));
        }

        if (field.PatchMergeKey.Length > 0)
        {
            w.WriteString("x-kubernetes-patch-merge-key", field.PatchMergeKey);
        }

        if (field.MapType == MapType.Atomic)
        {
            w.WriteString("x-kubernetes-map-type", "atomic");
        }

        if (field.PreserveUnknown)
        {
            w.WriteBoolean("x-kubernetes-preserve-unknown-fields", true);
        }

        if (field.Nullable && !v2)
        {
            w.WriteBoolean("nullable", true);
        }
    }

    private void ListExtensions(FieldSchema field)
    {
        w.WriteString("x-kubernetes-list-type", field.ListType switch { ListType.Map => "map", ListType.Set => "set", _ => "atomic" });
        if (field.MapKeys.Count > 0)
        {
            DiscoveryDocuments.Strings(w, "x-kubernetes-list-map-keys", field.MapKeys, true);
        }
    }

    private void Type(FieldSchema field)
    {
        switch (field.Kind)
        {
            case FieldKind.String or FieldKind.Duration: w.WriteString("type", "string"); break;
            case FieldKind.Boolean: w.WriteString("type", "boolean"); break;
            case FieldKind.Int32: Number("integer", "int32"); break;
            case FieldKind.Int64: Number("integer", "int64"); break;
            case FieldKind.Double: Number("number", "double"); break;
            case FieldKind.Bytes: Number("string", "byte"); break;
            case FieldKind.Time: ScalarRef(MetaPackage + "Time"); break;
            case FieldKind.MicroTime: ScalarRef(MetaPackage + "MicroTime"); break;
            case FieldKind.Quantity: ScalarRef("io.k8s.apimachinery.pkg.api.resource.Quantity"); break;
            case FieldKind.IntOrString: ScalarRef("io.k8s.apimachinery.pkg.util.intstr.IntOrString"); break;
            case FieldKind.Any: w.WriteString("type", "object"); break;
            case FieldKind.List:
                w.WriteString("type", "array");
                Element("items", field.Element);
                break;
            case FieldKind.Map:
                w.WriteString("type", "object");
                Element("additionalProperties", field.Element);
                break;
            case FieldKind.Struct: StructRef(field.Type!); break;
        }
    }

    private void Number(string type, string format)
    {
        w.WriteString("type", type);
        w.WriteString("format", format);
    }

    private void Element(string name, FieldSchema? element)
    {
        w.WriteStartObject(name);
        if (element is not null)
        {
            Type(element);
        }

        w.WriteEndObject();
    }

    /// <summary>Structs of custom resources have no name to refer to and stand in place.</summary>
    private void StructRef(TypeSchema type)
    {
        if (type.Package.Length == 0)
        {
            w.WriteString("type", "object");
            Fields(type);
            return;
        }

        Want(type, type.FullName);
        Ref(type.FullName);
    }

    private void ScalarRef(string name)
    {
        scalars.Add(name);
        Ref(name);
    }

    private void Ref(string name)
    {
        if (v2)
        {
            w.WriteString("$ref", refPrefix + name);
            return;
        }

        w.WriteStartArray("allOf");
        w.WriteStartObject();
        w.WriteString("$ref", refPrefix + name);
        w.WriteEndObject();
        w.WriteEndArray();
    }

    private void List(ResourceInfo resource)
    {
        w.WriteStartObject(NameOf(resource) + "List");
        w.WriteString("description", $"A list of {resource.Kind} objects.");
        w.WriteString("type", "object");
        DiscoveryDocuments.Strings(w, "required", ["items"], true);
        w.WriteStartObject("properties");
        foreach (var name in new[] { "apiVersion", "kind" })
        {
            w.WriteStartObject(name);
            w.WriteString("type", "string");
            w.WriteEndObject();
        }

        w.WriteStartObject("items");
        w.WriteString("type", "array");
        w.WriteStartObject("items");
        Ref(NameOf(resource));
        w.WriteEndObject();
        w.WriteEndObject();
        w.WriteStartObject("metadata");
        Ref(MetaPackage + "ListMeta");
        w.WriteEndObject();
        w.WriteEndObject();
        GroupVersionKind(resource, resource.ListKind);
        w.WriteEndObject();
    }

    private void GroupVersionKind(ResourceInfo resource, string kind)
    {
        w.WriteStartArray("x-kubernetes-group-version-kind");
        w.WriteStartObject();
        w.WriteString("group", resource.Group);
        w.WriteString("kind", kind);
        w.WriteString("version", resource.Version);
        w.WriteEndObject();
        w.WriteEndArray();
    }

    private void Unions(TypeSchema type)
    {
        if (type.Unions.Count == 0)
        {
            return;
        }

        w.WriteStartArray("x-kubernetes-unions");
        foreach (var union in type.Unions)
        {
            w.WriteStartObject();
            if (union.Discriminator.Length > 0)
            {
                w.WriteString("discriminator", union.Discriminator);
            }

            w.WriteStartObject("fields-to-discriminateBy");
            foreach (var (field, value) in union.Members)
            {
                w.WriteString(field, value);
            }

            w.WriteEndObject();
            w.WriteEndObject();
        }

        w.WriteEndArray();
    }

    private void Scalar(string name)
    {
        w.WriteStartObject(name);
        if (name.EndsWith("IntOrString", StringComparison.Ordinal))
        {
            w.WriteString("description", "A whole number, or a text such as a percentage or the name of a port.");
            w.WriteString("format", "int-or-string");
            if (v2)
            {
                w.WriteString("type", "string");
            }
            else
            {
                w.WriteRaw("oneOf", "[{\"type\":\"integer\"},{\"type\":\"string\"}]");
            }
        }
        else if (name.EndsWith("Quantity", StringComparison.Ordinal))
        {
            w.WriteString("description", "An amount with an optional suffix: 500m, 2, 1Gi, 10M.");
            if (v2)
            {
                w.WriteString("type", "string");
            }
            else
            {
                w.WriteRaw("oneOf", "[{\"type\":\"string\"},{\"type\":\"number\"}]");
            }
        }
        else
        {
            w.WriteString("description", "A point in time in RFC 3339 form.");
            w.WriteString("type", "string");
            w.WriteString("format", "date-time");
        }

        w.WriteEndObject();
    }
}

internal static class RawJsonWriting
{
    public static void WriteRaw(this Utf8JsonWriter w, string name, string json)
    {
        w.WritePropertyName(name);
        w.WriteRawValue(json);
    }
}
