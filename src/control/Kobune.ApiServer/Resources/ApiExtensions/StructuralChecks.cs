using Kobune.Api;
using Kobune.Api.ApiExtensions.V1;
using Kobune.ApiServer.CustomResources.Schemas;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.Resources.ApiExtensions;

/// <summary>
/// Whether a schema is structural: every part has a type, what is under allOf, anyOf, oneOf and not only narrows, and the
/// extensions are used where they mean something.
/// </summary>
internal sealed class StructuralChecks(FieldErrorList errors)
{
    private const int MaxDepth = 64;

    public void Root(JSONSchemaProps schema, string path)
    {
        Node(schema, path, Place.Root, 0);
        foreach (var name in new[] { "apiVersion", "kind" })
        {
            if (SchemaNodes.PropertyOf(schema, name) is { } property && property.Type != "string")
            {
                errors.Invalid($"{path}.properties[{name}].type", property.Type, "must be string");
            }
        }

        if (SchemaNodes.PropertyOf(schema, "metadata") is { } metadata && metadata.Properties.Keys.Any(k => k is not ("name" or "generateName")))
        {
            errors.Forbidden(path + ".properties[metadata]", "must not specify anything other than name and generateName, but metadata is implicitly specified");
        }
    }

    private enum Place { Root, Field, Item }

    private void Node(JSONSchemaProps schema, string path, Place place, int depth)
    {
        if (depth > MaxDepth)
        {
            errors.Invalid(path, "", "nesting is too deep");
            return;
        }

        Type(schema, path, place);
        NotAllowed(schema, path);
        Extensions(schema, path);
        Values(schema, path);
        Rules(schema, path, place);
        Junctors(schema, path);
        foreach (var (name, property) in schema.Properties)
        {
            Node(property, $"{path}.properties[{name}]", Place.Field, depth + 1);
        }

        if (schema.Items is { } items)
        {
            if (items.Schema is { } item)
            {
                Node(item, path + ".items", Place.Item, depth + 1);
            }
            else if (items.JsonSchemas.Count > 0)
            {
                errors.Forbidden(path + ".items", "items must be a schema object and not an array");
            }
        }

        if (schema.AdditionalProperties is { } more)
        {
            if (schema.Properties.Count > 0)
            {
                errors.Forbidden(path + ".additionalProperties", "additionalProperties and properties are mutual exclusive");
            }

            if (more.Schema is { } values)
            {
                Node(values, path + ".additionalProperties", Place.Field, depth + 1);
            }
            else if (place == Place.Root && !more.Allows)
            {
                errors.Forbidden(path + ".additionalProperties", "additionalProperties cannot be set to false");
            }
        }
    }

    private void Type(JSONSchemaProps schema, string path, Place place)
    {
        if (schema.Type.Length == 0 && !schema.XKubernetesIntOrString && !SchemaNodes.Preserves(schema))
        {
            errors.Required(path + ".type", place switch
            {
                Place.Root => "must not be empty at the root",
                Place.Item => "must not be empty for specified array items",
                _ => "must not be empty for specified object fields",
            });
        }
        else if (place == Place.Root && schema.Type is not ("object" or ""))
        {
            errors.Invalid(path + ".type", schema.Type, "must be object at the root");
        }
        else if (schema.Type is not ("" or "object" or "array" or "string" or "integer" or "number" or "boolean"))
        {
            errors.NotSupported(path + ".type", schema.Type, "array", "boolean", "integer", "number", "object", "string");
        }

        if (schema.XKubernetesIntOrString && schema.Type.Length > 0)
        {
            errors.Invalid(path + ".type", schema.Type, "must be empty if x-kubernetes-int-or-string is true");
        }

        if (schema.Type == "array" && SchemaNodes.ItemsOf(schema) is null && schema.Items is null)
        {
            errors.Required(path + ".items", "must be specified");
        }

        if (schema.XKubernetesEmbeddedResource)
        {
            if (schema.Type != "object")
            {
                errors.Invalid(path + ".type", schema.Type, "must be object if x-kubernetes-embedded-resource is true");
            }

            if (!SchemaNodes.Preserves(schema) && schema.Properties.Count == 0)
            {
                errors.Required(path + ".properties", "must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields");
            }
        }
    }

    private void NotAllowed(JSONSchemaProps schema, string path)
    {
        Unless(schema.Id.Length > 0, "id");
        Unless(schema.Schema.Length > 0, "$schema");
        Unless(schema.Ref is not null, "$ref");
        Unless(schema.PatternProperties.Count > 0, "patternProperties");
        Unless(schema.Dependencies.Count > 0, "dependencies");
        Unless(schema.AdditionalItems is not null, "additionalItems");
        Unless(schema.Definitions.Count > 0, "definitions");
        if (schema.UniqueItems)
        {
            errors.Forbidden(path + ".uniqueItems", "uniqueItems cannot be set to true since the runtime complexity becomes quadratic");
        }

        if (schema.XKubernetesPreserveUnknownFields == false)
        {
            errors.Invalid(path + ".x-kubernetes-preserve-unknown-fields", false, "must be true or undefined");
        }

        void Unless(bool present, string name)
        {
            if (present)
            {
                errors.Forbidden($"{path}.{name}", $"{name} is not supported");
            }
        }
    }

    private void Extensions(JSONSchemaProps schema, string path)
    {
        if (schema.XKubernetesListType is { } list)
        {
            if (schema.Type != "array")
            {
                errors.Invalid(path + ".type", schema.Type, "must be array if x-kubernetes-list-type is specified");
            }

            if (list is not ("atomic" or "set" or "map"))
            {
                errors.NotSupported(path + ".x-kubernetes-list-type", list, "atomic", "set", "map");
            }

            if (list == "map")
            {
                MapKeys(schema, path);
            }
        }

        if (schema.XKubernetesListMapKeys.Count > 0 && schema.XKubernetesListType != "map")
        {
            errors.Invalid(path + ".x-kubernetes-list-type", schema.XKubernetesListType, "must be map if x-kubernetes-list-map-keys is non-empty");
        }

        if (schema.XKubernetesMapType is { } map)
        {
            if (schema.Type != "object")
            {
                errors.Invalid(path + ".type", schema.Type, "must be object if x-kubernetes-map-type is specified");
            }

            if (map is not ("atomic" or "granular"))
            {
                errors.NotSupported(path + ".x-kubernetes-map-type", map, "atomic", "granular");
            }
        }
    }

    private void Rules(JSONSchemaProps schema, string path, Place place)
    {
        for (var i = 0; i < schema.XKubernetesValidations.Count; i++)
        {
            var rule = schema.XKubernetesValidations[i];
            var at = $"{path}.x-kubernetes-validations[{i}]";
            if (rule.Rule.Trim().Length == 0)
            {
                errors.Required(at + ".rule", "rule is not specified");
            }
            else if (SchemaRules.Problem(rule, place == Place.Root ? WithObjectFields(schema) : schema) is { } problem)
            {
                errors.Invalid(at + ".rule", rule.Rule, problem);
            }

            if (rule.Message.Contains('\n', StringComparison.Ordinal))
            {
                errors.Invalid(at + ".message", rule.Message, "message must not contain line breaks");
            }

            if (rule.Reason is not (null or "FieldValueInvalid" or "FieldValueForbidden" or "FieldValueRequired" or "FieldValueDuplicate"))
            {
                errors.NotSupported(at + ".reason", rule.Reason, "FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired");
            }
        }
    }

    /// <summary>At the root, rules may also look at what every object has.</summary>
    private static JSONSchemaProps WithObjectFields(JSONSchemaProps schema)
    {
        var whole = schema.Clone();
        whole.Properties.TryAdd("apiVersion", new JSONSchemaProps { Type = "string" });
        whole.Properties.TryAdd("kind", new JSONSchemaProps { Type = "string" });
        whole.Properties["metadata"] = new JSONSchemaProps
        {
            Type = "object",
            Properties = new(StringComparer.Ordinal) { ["name"] = new JSONSchemaProps { Type = "string" }, ["generateName"] = new JSONSchemaProps { Type = "string" } },
        };
        return whole;
    }

    private void MapKeys(JSONSchemaProps schema, string path)
    {
        var keysPath = path + ".x-kubernetes-list-map-keys";
        if (schema.XKubernetesListMapKeys.Count == 0)
        {
            errors.Required(keysPath, "must not be empty if x-kubernetes-list-type is map");
        }

        var items = SchemaNodes.ItemsOf(schema);
        if (items is { Type: not "object" })
        {
            errors.Invalid(path + ".items.type", items.Type, "must be object if parent array's x-kubernetes-list-type is map");
        }

        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < schema.XKubernetesListMapKeys.Count; i++)
        {
            var key = schema.XKubernetesListMapKeys[i];
            if (!seen.Add(key))
            {
                errors.Duplicate($"{keysPath}[{i}]", key);
            }

            if (SchemaNodes.PropertyOf(items, key) is not { } property)
            {
                errors.Invalid($"{keysPath}[{i}]", key, $"entries must all be names of item properties");
            }
            else if (property.Type is "array" or "object")
            {
                errors.Invalid($"{path}.items.properties[{key}].type", property.Type, $"must be a scalar type if parent array's x-kubernetes-list-type is map");
            }
            else if (!items!.Required.Contains(key) && property.Default is null)
            {
                errors.Required($"{path}.items.properties[{key}].default", "this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property");
            }
        }
    }

    private void Values(JSONSchemaProps schema, string path)
    {
        if (schema.Pattern.Length > 0)
        {
            try
            {
                Patterns.Of(schema.Pattern);
            }
            catch (ArgumentException e)
            {
                errors.Invalid(path + ".pattern", schema.Pattern, $"must be a valid regular expression, but isn't: {e.Message}");
            }
        }

        if (schema.Default is not { } value)
        {
            return;
        }

        var found = new FieldErrorList();
        var node = value.ToNode();
        if (node is System.Text.Json.Nodes.JsonObject content)
        {
            var report = new DecodeReport();
            Pruning.Prune(content, schema, report);
            if (report.Unknown.Count > 0)
            {
                errors.Invalid(path + ".default", value, "must not have unknown fields");
            }
        }

        new SchemaValidator(found).Check(node, null, schema, path + ".default");
        errors.AddRange(found);
    }

    /// <summary>Parts of alternatives may test values, but not say what the values are.</summary>
    private void Junctors(JSONSchemaProps schema, string path)
    {
        foreach (var (name, parts) in new[] { ("allOf", schema.AllOf), ("anyOf", schema.AnyOf), ("oneOf", schema.OneOf) })
        {
            for (var i = 0; i < parts.Count; i++)
            {
                Narrowing(parts[i], $"{path}.{name}[{i}]", 0, schema.XKubernetesIntOrString);
            }
        }

        if (schema.Not is { } not)
        {
            Narrowing(not, path + ".not", 0, false);
        }
    }

    private void Narrowing(JSONSchemaProps schema, string path, int depth, bool typeAllowed)
    {
        if (depth > MaxDepth)
        {
            return;
        }

        Empty(schema.Type.Length == 0 || typeAllowed, "type");
        Empty(schema.Description.Length == 0, "description");
        Empty(schema.Title.Length == 0, "title");
        Empty(schema.Default is null, "default");
        Empty(schema.AdditionalProperties is null, "additionalProperties");
        Empty(!schema.Nullable, "nullable");
        Empty(schema.XKubernetesPreserveUnknownFields is null, "x-kubernetes-preserve-unknown-fields");
        Empty(!schema.XKubernetesEmbeddedResource, "x-kubernetes-embedded-resource");
        Empty(!schema.XKubernetesIntOrString, "x-kubernetes-int-or-string");
        Empty(schema.XKubernetesListType is null, "x-kubernetes-list-type");
        Empty(schema.XKubernetesMapType is null, "x-kubernetes-map-type");
        foreach (var (name, property) in schema.Properties)
        {
            Narrowing(property, $"{path}.properties[{name}]", depth + 1, false);
        }

        if (SchemaNodes.ItemsOf(schema) is { } items)
        {
            Narrowing(items, path + ".items", depth + 1, false);
        }

        foreach (var (name, parts) in new[] { ("allOf", schema.AllOf), ("anyOf", schema.AnyOf), ("oneOf", schema.OneOf) })
        {
            for (var i = 0; i < parts.Count; i++)
            {
                Narrowing(parts[i], $"{path}.{name}[{i}]", depth + 1, typeAllowed);
            }
        }

        void Empty(bool fine, string name)
        {
            if (!fine)
            {
                errors.Forbidden($"{path}.{name}", "must be empty to be structural");
            }
        }
    }
}
