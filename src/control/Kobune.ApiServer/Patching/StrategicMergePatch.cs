using System.Text.Json.Nodes;
using Kobune.Api;

namespace Kobune.ApiServer.Patching;

/// <summary>
/// Applies strategic merge patches: like merge patches, but lists with a merge key are merged item by item, and the
/// directives <c>$patch</c>, <c>$retainKeys</c>, <c>$setElementOrder/x</c> and <c>$deleteFromPrimitiveList/x</c> are obeyed.
/// </summary>
internal static class StrategicMergePatch
{
    private const string Directive = "$patch";
    private const string RetainKeys = "$retainKeys";
    private const string OrderPrefix = "$setElementOrder/";
    private const string DeletePrefix = "$deleteFromPrimitiveList/";

    /// <summary>Changes the object in place and returns it.</summary>
    /// <exception cref="PatchException">A directive is unknown, or an item lacks the merge key.</exception>
    public static JsonObject Apply(JsonObject target, JsonObject patch, TypeSchema? schema)
    {
        switch (Text(patch, Directive))
        {
            case null or "" or "merge":
                break;
            case "replace":
                target.Clear();
                CopyWithoutDirectives(patch, target);
                return target;
            case "delete":
                target.Clear();
                return target;
            case var unknown:
                throw new PatchException($"Unknown patch type: {unknown}", PatchFailure.NotApplicable);
        }
        if (patch[RetainKeys] is JsonArray retained)
        {
            Retain(target, retained);
        }
        foreach (var (name, value) in patch)
        {
            if (name is Directive or RetainKeys || name.StartsWith(OrderPrefix, StringComparison.Ordinal))
            {
                continue;
            }
            if (name.StartsWith(DeletePrefix, StringComparison.Ordinal))
            {
                DeletePrimitives(target, name[DeletePrefix.Length..], value);
                continue;
            }
            Merge(target, name, value, schema?.Field(name), patch[OrderPrefix + name] as JsonArray);
        }
        // A list may be put in order, or emptied of primitives, without being patched otherwise.
        foreach (var (name, value) in patch)
        {
            if (name.StartsWith(OrderPrefix, StringComparison.Ordinal) && !patch.ContainsKey(name[OrderPrefix.Length..])
                && value is JsonArray order && target[name[OrderPrefix.Length..]] is JsonArray list)
            {
                Reorder(list, order, schema?.Field(name[OrderPrefix.Length..])?.PatchMergeKey);
            }
        }
        return target;
    }

    private static void Merge(JsonObject target, string name, JsonNode? value, FieldSchema? field, JsonArray? order)
    {
        switch (value)
        {
            case null:
                target.Remove(name);
                break;
            case JsonObject nested when target[name] is JsonObject existing:
                Apply(existing, nested, MemberType(field));
                break;
            case JsonObject nested:
                // Directives and nulls inside what is added must not be stored.
                if (Text(nested, Directive) != "delete")
                {
                    target[name] = Apply([], nested, MemberType(field));
                }
                break;
            case JsonArray items when Merges(field):
                var list = target[name] as JsonArray;
                if (list is null)
                {
                    target[name] = list = [];
                }
                MergeList(list, items, field!, order);
                break;
            default:
                target[name] = value.DeepClone();
                break;
        }
    }

    // Maps hold their element's type under every name.
    private static TypeSchema? MemberType(FieldSchema? field) => field?.Kind switch
    {
        FieldKind.Struct => field.Type,
        FieldKind.Map when field.Element?.Kind == FieldKind.Struct => new TypeSchema("", []) { PreserveUnknown = true },
        _ => null,
    };

    private static bool Merges(FieldSchema? field) => field?.PatchStrategies.Contains("merge") == true;

    private static void MergeList(JsonArray list, JsonArray patch, FieldSchema field, JsonArray? order)
    {
        if (patch.OfType<JsonObject>().Any(i => Text(i, Directive) == "replace"))
        {
            list.Clear();
            foreach (var item in patch.Where(i => i is not JsonObject o || Text(o, Directive) is null))
            {
                list.Add(item?.DeepClone());
            }
            return;
        }
        if (field.PatchMergeKey.Length == 0)
        {
            foreach (var item in patch.Where(i => !list.Any(l => JsonNode.DeepEquals(l, i))))
            {
                list.Add(item?.DeepClone());
            }
            if (order is not null)
            {
                Reorder(list, order, null);
            }
            return;
        }
        foreach (var item in patch.OfType<JsonObject>())
        {
            MergeItem(list, item, field);
        }
        if (order is not null)
        {
            Reorder(list, order, field.PatchMergeKey);
        }
    }

    private static void MergeItem(JsonArray list, JsonObject item, FieldSchema field)
    {
        var key = field.PatchMergeKey;
        var directive = Text(item, Directive);
        if (!item.TryGetPropertyValue(key, out var value) || value is null)
        {
            throw new PatchException($"map: {item.ToJsonString()} does not contain declared merge key: {key}", PatchFailure.NotApplicable);
        }
        var index = IndexOf(list, key, value);
        switch (directive)
        {
            case "delete":
                for (; index >= 0; index = IndexOf(list, key, value))
                {
                    list.RemoveAt(index);
                }
                break;
            case null or "merge" when index >= 0:
                Apply((JsonObject)list[index]!, item, field.Element?.Type);
                break;
            case null or "merge":
                list.Add((JsonNode)Apply([], item, field.Element?.Type));
                break;
            default:
                throw new PatchException($"Unknown patch type: {directive}", PatchFailure.NotApplicable);
        }
    }

    private static int IndexOf(JsonArray list, string key, JsonNode value)
    {
        for (var i = 0; i < list.Count; i++)
        {
            if (list[i] is JsonObject item && JsonNode.DeepEquals(item[key], value))
            {
                return i;
            }
        }
        return -1;
    }

    private static void DeletePrimitives(JsonObject target, string name, JsonNode? values)
    {
        if (target[name] is not JsonArray list || values is not JsonArray gone)
        {
            return;
        }
        for (var i = list.Count - 1; i >= 0; i--)
        {
            if (gone.Any(g => JsonNode.DeepEquals(g, list[i])))
            {
                list.RemoveAt(i);
            }
        }
    }

    private static void Retain(JsonObject target, JsonArray retained)
    {
        var keep = retained.Select(k => k!.GetValue<string>()).ToHashSet();
        foreach (var name in target.Select(m => m.Key).Where(n => !keep.Contains(n)).ToList())
        {
            target.Remove(name);
        }
    }

    // Items that the order names stand in that order; the others (which only the server has) keep their place
    // relative to the item before them.
    private static void Reorder(JsonArray list, JsonArray order, string? key)
    {
        var items = list.ToList();
        var ranks = new Dictionary<JsonNode, int>(ReferenceEqualityComparer.Instance);
        foreach (var item in items.OfType<JsonNode>())
        {
            for (var i = 0; i < order.Count; i++)
            {
                if (Same(item, order[i], key))
                {
                    ranks[item] = i;
                    break;
                }
            }
        }
        if (ranks.Count == 0)
        {
            return;
        }
        list.Clear();
        var ordered = new Queue<JsonNode>(items.OfType<JsonNode>().Where(ranks.ContainsKey).OrderBy(i => ranks[i]));
        foreach (var item in items)
        {
            list.Add(item is not null && ranks.ContainsKey(item) ? ordered.Dequeue() : item);
        }
    }

    private static bool Same(JsonNode item, JsonNode? wanted, string? key) => string.IsNullOrEmpty(key)
        ? JsonNode.DeepEquals(item, wanted)
        : wanted is JsonObject w && item is JsonObject i && JsonNode.DeepEquals(i[key], w[key]);

    private static void CopyWithoutDirectives(JsonObject from, JsonObject to)
    {
        foreach (var (name, value) in from)
        {
            if (name != Directive)
            {
                to[name] = value?.DeepClone();
            }
        }
    }

    private static string? Text(JsonObject map, string name) => map[name] is JsonValue value && value.TryGetValue(out string? text) ? text : null;
}
