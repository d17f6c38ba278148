namespace Kobune.Api;

using System.Diagnostics.CodeAnalysis;

/// <summary>
/// The shape of one struct as JSON shows it: what pruning, defaulting, strategic merge, server-side apply and OpenAPI
/// go by. Built-in ones are parsed from the embedded schema text when first asked for; a CRD builds its own.
/// Immutable once in use.
/// </summary>
public sealed class TypeSchema
{
    private readonly Dictionary<string, FieldSchema> _byName;

    public TypeSchema(string name, IEnumerable<FieldSchema> fields)
    {
        Name = name;
        Fields = [.. fields];
        _byName = new Dictionary<string, FieldSchema>(Fields.Count, StringComparer.Ordinal);
        foreach (var field in Fields)
        {
            _byName[field.JsonName] = field;
        }
    }

    /// <summary>"DeploymentSpec".</summary>
    public string Name { get; }

    /// <summary>"io.k8s.api.apps.v1"; empty for CRDs.</summary>
    public string Package { get; init; } = "";

    /// <summary>"io.k8s.api.apps.v1.DeploymentSpec", the name of the OpenAPI definition.</summary>
    public string FullName => Package.Length == 0 ? Name : Package + "." + Name;

    public string Description { get; init; } = "";

    /// <summary>In JSON order; inlined structs' fields stand in place.</summary>
    public IReadOnlyList<FieldSchema> Fields { get; }

    /// <summary>Atomic when the struct is owned and replaced as a whole wherever it occurs.</summary>
    public MapType MapType { get; init; }

    public IReadOnlyList<UnionSchema> Unions { get; init; } = [];

    /// <summary>Unknown fields are kept (x-kubernetes-preserve-unknown-fields).</summary>
    public bool PreserveUnknown { get; init; }

    /// <summary>The struct is a whole object with apiVersion, kind and metadata.</summary>
    public bool IsRoot { get; init; }

    public FieldSchema? Field(string jsonName) => _byName.GetValueOrDefault(jsonName);

    public bool TryGetField(string jsonName, [NotNullWhen(true)] out FieldSchema? field) => _byName.TryGetValue(jsonName, out field);

    public override string ToString() => FullName;

    /// <summary>A type of a schema file ("core.v1.schema", "Pod").</summary>
    /// <exception cref="KeyNotFoundException">no such type</exception>
    public static TypeSchema BuiltIn(string file, string type) => SchemaLibrary.Type(file, type);

    /// <summary>All types of a schema file, for OpenAPI.</summary>
    public static IEnumerable<TypeSchema> AllOf(string file) => SchemaLibrary.Types(file);

    /// <summary>The names of the embedded schema files.</summary>
    public static IReadOnlyList<string> Files => SchemaLibrary.Files;
}

/// <summary>The discriminator (may be empty) and the fields of which at most one is set, with the discriminator's values.</summary>
public sealed record UnionSchema(string Discriminator, IReadOnlyList<KeyValuePair<string, string>> Members);
