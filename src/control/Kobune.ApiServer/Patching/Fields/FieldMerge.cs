using System.Text.Json.Nodes;

namespace Kobune.ApiServer.Patching.Fields;

/// <summary>Merges an applied configuration into a live value, and takes fields out of a value.</summary>
internal static class FieldMerge
{
    /// <summary>The live value with everything that the configuration sets. The arguments stay as they are.</summary>
    public static JsonNode? Merge(JsonNode? live, JsonNode? applied, ValueSchema schema) => schema.ShapeOf(applied) switch
    {
        ValueShape.Struct or ValueShape.Map when live is JsonObject before && applied is JsonObject after => MergeMembers(before, after, schema),
        ValueShape.ListMap or ValueShape.ListSet when live is JsonArray before && applied is JsonArray after => MergeItems(before, after, schema),
        _ => applied?.DeepClone(),
    };

    /// <summary>Removes the members of the set from the value, in place. List items and map entries go as a whole.</summary>
    public static void Remove(JsonNode? value, FieldSet set, ValueSchema schema)
    {
        switch (schema.ShapeOf(value))
        {
            case ValueShape.Struct or ValueShape.Map when value is JsonObject map:
                foreach (var (element, child) in set.Children)
                {
                    if (!element.IsField || !map.TryGetPropertyValue(element.FieldName, out var member))
                    {
                        continue;
                    }
                    if (child.Member)
                    {
                        map.Remove(element.FieldName);
                    }
                    else
                    {
                        Remove(member, child, schema.Member(element.FieldName));
                    }
                }
                break;
            case ValueShape.ListMap or ValueShape.ListSet when value is JsonArray list:
                RemoveItems(list, set, schema);
                break;
        }
    }

    private static void RemoveItems(JsonArray list, FieldSet set, ValueSchema schema)
    {
        for (var i = list.Count - 1; i >= 0; i--)
        {
            var element = schema.Shape == ValueShape.ListSet ? PathElement.Value(list[i]) : schema.KeyOf(list[i]);
            switch (set.Child(element))
            {
                case null:
                    break;
                case { Member: true }:
                    list.RemoveAt(i);
                    break;
                case var child when schema.Shape == ValueShape.ListMap:
                    Remove(list[i], child, schema.Item);
                    break;
            }
        }
    }

    private static JsonObject MergeMembers(JsonObject live, JsonObject applied, ValueSchema schema)
    {
        var result = new JsonObject();
        foreach (var (name, value) in live)
        {
            result[name] = applied.TryGetPropertyValue(name, out var theirs) ? Merge(value, theirs, schema.Member(name)) : value?.DeepClone();
        }
        foreach (var (name, value) in applied)
        {
            if (!live.ContainsKey(name))
            {
                result[name] = value?.DeepClone();
            }
        }
        return result;
    }

    // Items that both have stand in the order of the applied list; live items that it does not name keep their
    // place relative to their neighbours; new items follow the one they were written after.
    private static JsonArray MergeItems(JsonArray live, JsonArray applied, ValueSchema schema)
    {
        var before = FieldWalk.Items(live, schema);
        var after = FieldWalk.Items(applied, schema);
        var old = before.ToDictionary();
        var wanted = after.Select(i => i.Key).ToHashSet();
        var result = new JsonArray();
        int i = 0, j = 0;
        while (i < before.Count || j < after.Count)
        {
            if (i < before.Count && !wanted.Contains(before[i].Key))
            {
                result.Add(before[i++].Value?.DeepClone());
            }
            else if (j < after.Count)
            {
                var (element, value) = after[j++];
                if (old.TryGetValue(element, out var mine))
                {
                    result.Add(schema.Shape == ValueShape.ListMap ? Merge(mine, value, schema.Item) : value?.DeepClone());
                    if (i < before.Count && before[i].Key == element)
                    {
                        i++;
                    }
                }
                else
                {
                    result.Add(value?.DeepClone());
                }
            }
            else
            {
                i++;
            }
        }
        return result;
    }
}
