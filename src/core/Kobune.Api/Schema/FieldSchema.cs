namespace Kobune.Api;

/// <summary>What a value is.</summary>
public enum FieldKind : byte
{
    String,
    Boolean,
    Int32,
    Int64,
    Double,
    Time,
    MicroTime,
    Duration,
    Quantity,
    IntOrString,
    /// <summary>Base64 in JSON.</summary>
    Bytes,
    Struct,
    List,
    Map,
    /// <summary>Any JSON.</summary>
    Any,
}

/// <summary>How lists merge and who owns their elements.</summary>
public enum ListType : byte
{
    Atomic,
    Set,
    Map,
}

/// <summary>Whether a map's or struct's members are owned one by one or as a whole.</summary>
public enum MapType : byte
{
    Granular,
    Atomic,
}

/// <summary>One field of a <see cref="TypeSchema"/>, or the element of a list or map (whose name is empty).</summary>
public sealed class FieldSchema
{
    private Func<TypeSchema>? _source;

    public string JsonName { get; init; } = "";
    public FieldKind Kind { get; init; }

    /// <summary>The struct, when the kind is Struct.</summary>
    public TypeSchema? Type
    {
        get
        {
            if (field == null && _source is { } source)
            {
                field = source();
                _source = null;
            }

            return field;
        }

        init;
    }

    /// <summary>Defers <see cref="Type"/>, so that recursive types can be built.</summary>
    public Func<TypeSchema>? TypeSource { init => _source = value; }

    /// <summary>What a list or map holds.</summary>
    public FieldSchema? Element { get; init; }
    public ListType ListType { get; init; }

    /// <summary>The keys of a list of type Map.</summary>
    public IReadOnlyList<string> MapKeys { get; init; } = [];

    /// <summary>The field's own map type; a struct's may also be atomic by its type: see <see cref="IsAtomic"/>.</summary>
    public MapType? MapType { get; init; }

    /// <summary>Strategic merge: "merge", "retainKeys", "replace", or several.</summary>
    public IReadOnlyList<string> PatchStrategies { get; init; } = [];
    public string PatchMergeKey { get; init; } = "";

    /// <summary>JSON text, or null.</summary>
    public string? Default { get; init; }
    public bool Required { get; init; }
    public bool Pointer { get; init; }

    /// <summary>Empty values are left out of JSON.</summary>
    public bool OmitEmpty { get; init; } = true;
    public bool Nullable { get; init; }
    public int WireNumber { get; init; }
    public string Description { get; init; } = "";

    /// <summary>Unknown members of a Map or Any are kept; for CRDs.</summary>
    public bool PreserveUnknown { get; init; }

    /// <summary>A whole object of its own inside a custom resource.</summary>
    public bool EmbeddedResource { get; init; }

    /// <summary>Server-side apply owns and replaces the value as a whole.</summary>
    public bool IsAtomic => Kind switch
    {
        FieldKind.List => ListType == ListType.Atomic,
        FieldKind.Map => MapType == Api.MapType.Atomic,
        FieldKind.Struct => (MapType ?? Type!.MapType) == Api.MapType.Atomic,
        _ => true,
    };

    public override string ToString() => $"{JsonName}: {Kind}";
}
