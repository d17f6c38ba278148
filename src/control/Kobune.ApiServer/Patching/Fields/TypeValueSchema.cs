using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Kobune.Api;

namespace Kobune.ApiServer.Patching.Fields;

/// <summary>Field ownership's view of the schema table: one per struct, made when first needed and kept with it.</summary>
internal sealed class TypeValueSchema : ValueSchema
{
    private static readonly ConditionalWeakTable<TypeSchema, ValueSchema> Structs = [];
    private static readonly ConditionalWeakTable<FieldSchema, ValueSchema> Others = [];

    private readonly TypeSchema _type;

    private TypeValueSchema(TypeSchema type) => _type = type;

    public static ValueSchema For(TypeSchema type) => Structs.GetValue(type, static t => t.MapType == MapType.Atomic ? Leaf : new TypeValueSchema(t));

    public static ValueSchema For(FieldSchema? field) => field switch
    {
        null => Leaf,
        { Kind: FieldKind.Struct, IsAtomic: false } => For(field.Type!),
        { Kind: FieldKind.Any, PreserveUnknown: true } => Deduced,
        { Kind: FieldKind.Map or FieldKind.List, IsAtomic: false } => Others.GetValue(field, static f => f.Kind == FieldKind.Map ? new MapOf(f) : new ListOf(f)),
        _ => Leaf,
    };

    public override ValueShape Shape => ValueShape.Struct;

    public override ValueSchema Member(string name) => _type.TryGetField(name, out var field) ? For(field) : Deduced;

    public override bool Declares(string name) => _type.TryGetField(name, out _);

    private sealed class MapOf(FieldSchema of) : ValueSchema
    {
        public override ValueShape Shape => ValueShape.Map;

        public override ValueSchema Member(string name) => For(of.Element);
    }

    private sealed class ListOf(FieldSchema of) : ValueSchema
    {
        public override ValueShape Shape => of.ListType == ListType.Map ? ValueShape.ListMap : ValueShape.ListSet;

        public override ValueSchema Item => For(of.Element);

        public override IReadOnlyList<string> Keys => of.MapKeys;

        public override JsonNode? KeyDefault(string key) =>
            of.Element?.Type?.Field(key)?.Default is { } text ? JsonNode.Parse(text) : null;
    }
}
