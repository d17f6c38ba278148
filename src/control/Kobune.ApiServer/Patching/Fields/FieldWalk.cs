using System.Text.Json.Nodes;

namespace Kobune.ApiServer.Patching.Fields;

/// <summary>Turns values into field sets, and differences of values into field sets.</summary>
internal static class FieldWalk
{
    /// <summary>All fields that a value sets, as an apply request claims them.</summary>
    public static FieldSet FieldsOf(JsonNode? value, ValueSchema schema)
    {
        var set = new FieldSet();
        Collect(value, schema, [], set);
        return set;
    }

    /// <summary>What changed from one value to another: fields added, changed and removed.</summary>
    public static (FieldSet Added, FieldSet Modified, FieldSet Removed) Compare(JsonNode? before, JsonNode? after, ValueSchema schema)
    {
        var changes = (new FieldSet(), new FieldSet(), new FieldSet());
        Compare(before, true, after, true, schema, [], changes);
        return changes;
    }

    /// <summary>The items of a list by path element, in order; of items with the same key the first counts.</summary>
    public static List<KeyValuePair<PathElement, JsonNode?>> Items(JsonArray? list, ValueSchema schema)
    {
        var items = new List<KeyValuePair<PathElement, JsonNode?>>(list?.Count ?? 0);
        var seen = new HashSet<PathElement>();
        foreach (var item in list ?? [])
        {
            var element = schema.Shape == ValueShape.ListSet ? PathElement.Value(item) : schema.KeyOf(item);
            if (seen.Add(element))
            {
                items.Add(new(element, item));
            }
        }
        return items;
    }

    private static void Collect(JsonNode? value, ValueSchema schema, List<PathElement> path, FieldSet set)
    {
        switch (schema.ShapeOf(value))
        {
            case ValueShape.Struct or ValueShape.Map:
                foreach (var (name, member) in value as JsonObject ?? [])
                {
                    path.Add(PathElement.Field(name));
                    if (member is null or JsonObject { Count: 0 } or JsonArray { Count: 0 } || !schema.Declares(name))
                    {
                        set.Add(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(path));
                    }
                    Collect(member, schema.Member(name), path, set);
                    path.RemoveAt(path.Count - 1);
                }
                break;
            case ValueShape.ListMap or ValueShape.ListSet:
                foreach (var (element, item) in Items(value as JsonArray, schema))
                {
                    path.Add(element);
                    set.Add(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(path));
                    if (schema.Shape == ValueShape.ListMap)
                    {
                        Collect(item, schema.Item, path, set);
                    }
                    path.RemoveAt(path.Count - 1);
                }
                break;
            default:
                set.Add(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(path));
                break;
        }
    }

    private static void Compare(
        JsonNode? before, bool hadBefore, JsonNode? after, bool hasAfter, ValueSchema schema, List<PathElement> path,
        (FieldSet Added, FieldSet Modified, FieldSet Removed) changes)
    {
        if (!hadBefore || !hasAfter)
        {
            (hasAfter ? changes.Added : changes.Removed).Add(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(path));
        }
        var shape = schema.ShapeOf(hasAfter ? after : before);
        if (hadBefore && hasAfter && shape != schema.ShapeOf(before))
        {
            shape = ValueShape.Leaf;
        }
        switch (shape)
        {
            case ValueShape.Struct or ValueShape.Map:
                CompareMembers(before as JsonObject, after as JsonObject, schema, path, changes);
                break;
            case ValueShape.ListMap or ValueShape.ListSet:
                CompareItems(before as JsonArray, after as JsonArray, schema, path, changes);
                break;
            default:
                if (hadBefore && hasAfter && !JsonNode.DeepEquals(before, after))
                {
                    changes.Modified.Add(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(path));
                }
                break;
        }
    }

    private static void CompareMembers(
        JsonObject? before, JsonObject? after, ValueSchema schema, List<PathElement> path,
        (FieldSet Added, FieldSet Modified, FieldSet Removed) changes)
    {
        foreach (var (name, value) in after ?? [])
        {
            JsonNode? old = null;
            var had = before is not null && before.TryGetPropertyValue(name, out old);
            path.Add(PathElement.Field(name));
            Compare(old, had, value, true, schema.Member(name), path, changes);
            path.RemoveAt(path.Count - 1);
        }
        foreach (var (name, old) in before ?? [])
        {
            if (after is null || !after.ContainsKey(name))
            {
                path.Add(PathElement.Field(name));
                Compare(old, true, null, false, schema.Member(name), path, changes);
                path.RemoveAt(path.Count - 1);
            }
        }
    }

    private static void CompareItems(
        JsonArray? before, JsonArray? after, ValueSchema schema, List<PathElement> path,
        (FieldSet Added, FieldSet Modified, FieldSet Removed) changes)
    {
        var old = Items(before, schema).ToDictionary();
        var item = schema.Shape == ValueShape.ListMap ? schema.Item : ValueSchema.Leaf;
        foreach (var (element, value) in Items(after, schema))
        {
            var had = old.Remove(element, out var previous);
            path.Add(element);
            Compare(previous, had, value, true, item, path, changes);
            path.RemoveAt(path.Count - 1);
        }
        foreach (var (element, previous) in old)
        {
            path.Add(element);
            Compare(previous, true, null, false, item, path, changes);
            path.RemoveAt(path.Count - 1);
        }
    }
}
