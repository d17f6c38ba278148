using System.Text.Json.Nodes;

namespace Kobune.Api.Patching;

/// <summary>
/// Differences in the language of strategic merge patches: lists with a merge key are compared element by element,
/// <c>$patch: delete</c>, <c>$deleteFromPrimitiveList</c>, <c>$setElementOrder</c> and <c>$retainKeys</c> say the rest.
/// </summary>
internal static class StrategicDiff
{
    private const string Directive = "$patch";
    private const string DeleteFromPrimitives = "$deleteFromPrimitiveList/";
    private const string ElementOrder = "$setElementOrder/";
    private const string RetainKeys = "$retainKeys";

    public static JsonObject Between(JsonObject from, JsonObject to, TypeSchema? schema, DiffParts parts)
    {
        var patch = new JsonObject();
        foreach (var (name, value) in to)
        {
            var field = schema?.Field(name);
            if (!from.TryGetPropertyValue(name, out var old))
            {
                if (parts.HasFlag(DiffParts.AdditionsAndChanges))
                {
                    patch[name] = value?.DeepClone();
                }
            }
            else if (old is JsonObject oldMap && value is JsonObject map && !Has(field, "replace"))
            {
                DiffMaps(patch, name, oldMap, map, field, parts);
            }
            else if (old is JsonArray oldList && value is JsonArray list && Has(field, "merge"))
            {
                DiffLists(patch, name, oldList, list, field!, parts);
            }
            else if (parts.HasFlag(DiffParts.AdditionsAndChanges) && !JsonNode.DeepEquals(old, value))
            {
                patch[name] = value?.DeepClone();
            }
        }

        if (parts.HasFlag(DiffParts.Deletions))
        {
            foreach (var (name, value) in from)
            {
                if (!to.ContainsKey(name) && value is not null)
                {
                    patch[name] = null;
                }
            }
        }

        return patch;
    }

    /// <summary>One patch that deletes and changes; both are patches of objects of the schema.</summary>
    public static JsonObject Combine(JsonObject deletions, JsonObject changes, TypeSchema? schema)
    {
        foreach (var (name, value) in changes.ToArray())
        {
            var field = schema?.Field(name);
            if (deletions[name] is JsonObject into && value is JsonObject from)
            {
                Combine(into, from, Inner(field));
            }
            else if (deletions[name] is JsonArray intoList && value is JsonArray fromList && field?.PatchMergeKey is { Length: > 0 } key)
            {
                CombineLists(intoList, fromList, key, field.Element?.Type);
            }
            else
            {
                deletions[name] = value?.DeepClone();
            }
        }

        return deletions;
    }

    private static void DiffMaps(JsonObject patch, string name, JsonObject from, JsonObject to, FieldSchema? field, DiffParts parts)
    {
        var inner = Between(from, to, Inner(field), parts);
        if (inner.Count == 0)
        {
            return;
        }

        if (Has(field, "retainKeys"))
        {
            inner[RetainKeys] = new JsonArray([.. to.Select(p => p.Key).Order(StringComparer.Ordinal).Select(k => (JsonNode)k)]);
        }

        patch[name] = inner;
    }

    private static void DiffLists(JsonObject patch, string name, JsonArray from, JsonArray to, FieldSchema field, DiffParts parts)
    {
        if (field.PatchMergeKey.Length == 0)
        {
            DiffPrimitives(patch, name, from, to, parts);
            return;
        }

        var key = field.PatchMergeKey;
        var changes = new JsonArray();
        foreach (var item in to.OfType<JsonObject>())
        {
            if (FindByKey(from, key, item[key]) is { } old)
            {
                var inner = Between(old, item, field.Element?.Type, parts);
                if (inner.Count > 0)
                {
                    inner[key] = item[key]?.DeepClone();
                    changes.Add(inner);
                }
            }
            else if (parts.HasFlag(DiffParts.AdditionsAndChanges))
            {
                changes.Add(item.DeepClone());
            }
        }

        if (parts.HasFlag(DiffParts.Deletions))
        {
            foreach (var item in from.OfType<JsonObject>().Where(i => FindByKey(to, key, i[key]) is null))
            {
                changes.Add(new JsonObject { [Directive] = "delete", [key] = item[key]?.DeepClone() });
            }
        }

        if (changes.Count > 0)
        {
            patch[name] = changes;
            patch[ElementOrder + name] = new JsonArray([.. to.OfType<JsonObject>().Select(i => new JsonObject { [key] = i[key]?.DeepClone() })]);
        }
    }

    private static void DiffPrimitives(JsonObject patch, string name, JsonArray from, JsonArray to, DiffParts parts)
    {
        var added = parts.HasFlag(DiffParts.AdditionsAndChanges) ? to.Where(i => !Contains(from, i)).ToArray() : [];
        var removed = parts.HasFlag(DiffParts.Deletions) ? from.Where(i => !Contains(to, i)).ToArray() : [];
        if (added.Length > 0)
        {
            patch[name] = new JsonArray([.. added.Select(i => i?.DeepClone())]);
        }

        if (removed.Length > 0)
        {
            patch[DeleteFromPrimitives + name] = new JsonArray([.. removed.Select(i => i?.DeepClone())]);
        }

        if (added.Length + removed.Length > 0)
        {
            patch[ElementOrder + name] = to.DeepClone();
        }
    }

    private static void CombineLists(JsonArray into, JsonArray from, string key, TypeSchema? element)
    {
        foreach (var item in from.OfType<JsonObject>())
        {
            if (FindByKey(into, key, item[key]) is { } existing)
            {
                Combine(existing, item, element);
            }
            else
            {
                into.Add(item.DeepClone());
            }
        }
    }

    private static TypeSchema? Inner(FieldSchema? field) =>
        field?.Kind == FieldKind.Map ? field.Element?.Type : field?.Type;

    private static bool Has(FieldSchema? field, string strategy) => field is not null && field.PatchStrategies.Contains(strategy);

    private static JsonObject? FindByKey(JsonArray list, string key, JsonNode? value) =>
        list.OfType<JsonObject>().FirstOrDefault(i => JsonNode.DeepEquals(i[key], value));

    private static bool Contains(JsonArray list, JsonNode? value) => list.Any(i => JsonNode.DeepEquals(i, value));
}
