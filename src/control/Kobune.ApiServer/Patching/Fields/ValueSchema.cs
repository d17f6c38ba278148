using System.Text.Json.Nodes;

namespace Kobune.ApiServer.Patching.Fields;

/// <summary>How ownership sees a value (structured merge semantics).</summary>
internal enum ValueShape
{
    /// <summary>One field, owned as a whole: scalars, atomic lists, maps and structs.</summary>
    Leaf,

    /// <summary>A struct: its declared members are fields of their own.</summary>
    Struct,

    /// <summary>A map whose entries are owned one by one.</summary>
    Map,

    /// <summary>A list whose items are told apart by key fields.</summary>
    ListMap,

    /// <summary>A list of scalars without duplicates.</summary>
    ListSet,

    /// <summary>No schema: objects are maps, everything else is a leaf.</summary>
    Deduced,
}

/// <summary>The part of a schema that field ownership needs, for one value.</summary>
internal abstract class ValueSchema
{
    public static readonly ValueSchema Leaf = new Plain(ValueShape.Leaf);
    public static readonly ValueSchema Deduced = new Plain(ValueShape.Deduced);

    public abstract ValueShape Shape { get; }

    /// <summary>The schema of a struct's member, or of any entry of a map.</summary>
    public virtual ValueSchema Member(string name) => Deduced;

    /// <summary>True when a struct declares the member (the keys of maps are never declared).</summary>
    public virtual bool Declares(string name) => false;

    /// <summary>The schema of a list's items.</summary>
    public virtual ValueSchema Item => Deduced;

    /// <summary>The key fields of a list map.</summary>
    public virtual IReadOnlyList<string> Keys => [];

    /// <summary>The default of a list map's key field, which stands in where an item leaves it out.</summary>
    public virtual JsonNode? KeyDefault(string key) => null;

    /// <summary>The shape for this value: a schema-less value is what it looks like.</summary>
    public ValueShape ShapeOf(JsonNode? value) => Shape switch
    {
        ValueShape.Deduced => value is JsonObject ? ValueShape.Map : ValueShape.Leaf,
        // A value of another kind than the schema says is left to validation; here it is one field.
        ValueShape.Struct or ValueShape.Map => value is JsonObject or null ? Shape : ValueShape.Leaf,
        ValueShape.ListMap or ValueShape.ListSet => value is JsonArray or null ? Shape : ValueShape.Leaf,
        _ => Shape,
    };

    /// <summary>The path element of a list map's item.</summary>
    public PathElement KeyOf(JsonNode? item)
    {
        var keys = new List<(string, JsonNode?)>(Keys.Count);
        foreach (var key in Keys)
        {
            if ((item as JsonObject)?[key] is { } value)
            {
                keys.Add((key, value));
            }
            else if (KeyDefault(key) is { } standIn)
            {
                keys.Add((key, standIn));
            }
        }
        return PathElement.Key(keys);
    }

    private sealed class Plain(ValueShape shape) : ValueSchema
    {
        public override ValueShape Shape => shape;
    }
}
