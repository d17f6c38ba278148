using System.Text.Json.Nodes;

namespace Kobune.Api.JsonPaths;

/// <summary>One step of a path: from a value to the values that it selects.</summary>
public abstract record PathStep
{
    public abstract IEnumerable<JsonNode?> Apply(JsonNode? node, JsonNode? root, bool allowMissing);
}

/// <summary>.name, ['name'], ['a','b'].</summary>
public sealed record FieldStep(IReadOnlyList<string> Names) : PathStep
{
    public override IEnumerable<JsonNode?> Apply(JsonNode? node, JsonNode? root, bool allowMissing)
    {
        foreach (var name in Names)
        {
            if (name.Length == 0)
            {
                yield return node;
            }
            else if (node is JsonObject map && map.TryGetPropertyValue(name, out var value))
            {
                yield return value;
            }
            else if (!allowMissing)
            {
                throw new JsonPathException($"{name} is not found");
            }
        }
    }
}

/// <summary>.*, [*].</summary>
public sealed record WildcardStep : PathStep
{
    public override IEnumerable<JsonNode?> Apply(JsonNode? node, JsonNode? root, bool allowMissing) => node switch
    {
        JsonArray list => list,
        JsonObject map => map.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => p.Value),
        _ => [],
    };
}

/// <summary>..: the value and everything in it.</summary>
public sealed record DescendStep : PathStep
{
    public override IEnumerable<JsonNode?> Apply(JsonNode? node, JsonNode? root, bool allowMissing)
    {
        yield return node;
        var children = node switch
        {
            JsonArray list => list,
            JsonObject map => map.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => p.Value),
            _ => [],
        };
        foreach (var child in children.Where(c => c is JsonObject or JsonArray).SelectMany(c => Apply(c, root, allowMissing)))
        {
            yield return child;
        }
    }
}

/// <summary>[0], [-1], [1:3], [::2].</summary>
public sealed record SliceStep(int? First, int? End, int? Stride, bool IsIndex) : PathStep
{
    public override IEnumerable<JsonNode?> Apply(JsonNode? node, JsonNode? root, bool allowMissing)
    {
        if (node is not JsonArray list)
        {
            if (node is null && allowMissing)
            {
                yield break;
            }

            throw new JsonPathException($"{(node is null ? "<nil>" : GoJson.Compact(node))} is not array or slice");
        }

        var first = First ?? 0;
        first += first < 0 ? list.Count : 0;
        if (IsIndex)
        {
            if (first < 0 || first >= list.Count)
            {
                throw new JsonPathException($"array index out of bounds: index {first}, length {list.Count}");
            }

            yield return list[first];
            yield break;
        }

        var end = End ?? list.Count;
        end = Math.Min(end < 0 ? end + list.Count : end, list.Count);
        for (var i = Math.Max(0, first); i < end; i += Math.Max(1, Stride ?? 1))
        {
            yield return list[i];
        }
    }
}

/// <summary>[0,2].</summary>
public sealed record UnionStep(IReadOnlyList<PathStep> Steps) : PathStep
{
    public override IEnumerable<JsonNode?> Apply(JsonNode? node, JsonNode? root, bool allowMissing) =>
        Steps.SelectMany(s => s.Apply(node, root, allowMissing));
}
