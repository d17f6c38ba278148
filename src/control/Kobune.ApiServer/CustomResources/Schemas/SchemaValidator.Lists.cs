using System.Text.Json.Nodes;
using Kobune.Api;
using Kobune.Api.ApiExtensions.V1;
using Kobune.ApiServer.Validation;

namespace Kobune.ApiServer.CustomResources.Schemas;

internal sealed partial class SchemaValidator
{
    private void List(JsonArray list, JsonArray? old, JSONSchemaProps schema, string path)
    {
        if (schema.MaxItems is { } max && list.Count > max)
        {
            errors.TooMany(path, list.Count, (int)max);
        }

        if (schema.MinItems is { } min && list.Count < min)
        {
            Invalid(path, "", $"should have at least {min} items");
        }

        Distinct(list, schema, path);
        if (SchemaNodes.ItemsOf(schema) is not { } items)
        {
            return;
        }

        var before = new OldItems(old, schema);
        for (var i = 0; i < list.Count; i++)
        {
            Check(list[i], before.Of(list[i]), items, $"{path}[{i}]");
        }
    }

    /// <summary>Sets hold each value once, and list maps each key.</summary>
    private void Distinct(JsonArray list, JSONSchemaProps schema, string path)
    {
        var keys = schema.XKubernetesListType == "map" ? schema.XKubernetesListMapKeys : null;
        if (keys is null && schema.XKubernetesListType != "set")
        {
            return;
        }

        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < list.Count; i++)
        {
            var key = keys is null ? RawJson.From(list[i]).ToString() : OldItems.KeyOf(list[i], keys);
            if (!seen.Add(key))
            {
                errors.Duplicate($"{path}[{i}]", RawJson.Parse(keys is null ? key : "map[string]interface {}" + key));
            }
        }
    }

    /// <summary>Which of the old items an item is, where lists say so.</summary>
    internal sealed class OldItems
    {
        private readonly Dictionary<string, JsonNode?>? byKey;
        private readonly List<string>? keys;

        public OldItems(JsonArray? old, JSONSchemaProps schema)
        {
            if (old is null || schema.XKubernetesListType != "map")
            {
                return;
            }

            keys = schema.XKubernetesListMapKeys;
            byKey = new Dictionary<string, JsonNode?>(StringComparer.Ordinal);
            foreach (var item in old)
            {
                byKey[KeyOf(item, keys)] = item;
            }
        }

        public JsonNode? Of(JsonNode? item) => byKey?.GetValueOrDefault(KeyOf(item, keys!));

        public static string KeyOf(JsonNode? item, List<string> keys) =>
            "{" + string.Join(", ", keys.Order(StringComparer.Ordinal).Select(k => (item as JsonObject)?[k] is { } v ? $"\"{k}\":{RawJson.From(v)}" : null).OfType<string>()) + "}";
    }

    private void Composition(JsonNode? value, JSONSchemaProps schema, string path)
    {
        if (schema.AllOf.Count > 0 && !schema.AllOf.TrueForAll(s => Holds(value, s, path, report: true)))
        {
            errors.Invalid(path, "", $"\"{path}\" must validate all the schemas (allOf)");
        }

        if (schema.AnyOf.Count > 0 && !schema.AnyOf.Exists(s => Holds(value, s, path, report: false)))
        {
            errors.Invalid(path, "", $"\"{path}\" must validate at least one schema (anyOf)");
        }

        if (schema.OneOf.Count > 0 && schema.OneOf.Count(s => Holds(value, s, path, report: false)) is var matching && matching != 1)
        {
            errors.Invalid(path, "", $"\"{path}\" must validate one and only one schema (oneOf). Found {(matching == 0 ? "none valid" : $"{matching} valid alternatives")}");
        }

        if (schema.Not is { } not && Holds(value, not, path, report: false))
        {
            errors.Invalid(path, "", $"\"{path}\" must not validate the schema (not)");
        }
    }

    private bool Holds(JsonNode? value, JSONSchemaProps schema, string path, bool report)
    {
        var own = new FieldErrorList();
        new SchemaValidator(own).Check(value, null, schema, path);
        if (report)
        {
            errors.AddRange(own);
        }

        return own.Count == 0;
    }
}
