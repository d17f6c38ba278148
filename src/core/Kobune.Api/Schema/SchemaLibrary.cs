namespace Kobune.Api;

using System.Collections.Concurrent;
using Kobune.Api.SchemaText;

/// <summary>The embedded schema files, each parsed when first asked for.</summary>
internal static class SchemaLibrary
{
    private static readonly ConcurrentDictionary<string, Lazy<Dictionary<string, TypeSchema>>> Loaded = new();

    internal static IReadOnlyList<string> Files { get; } =
        [.. typeof(SchemaLibrary).Assembly.GetManifestResourceNames().Where(n => n.EndsWith(".schema", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];

    internal static TypeSchema Type(string file, string type) => Load(file)[type];

    internal static IEnumerable<TypeSchema> Types(string file) => Load(file).Values;

    internal static SchemaFile Parse(string file)
    {
        using var stream = typeof(SchemaLibrary).Assembly.GetManifestResourceStream(file)
            ?? throw new KeyNotFoundException($"no schema file {file}");
        using var reader = new StreamReader(stream);
        return SchemaParser.Parse(reader.ReadToEnd());
    }

    private static Dictionary<string, TypeSchema> Load(string file) =>
        Loaded.GetOrAdd(file, static f => new Lazy<Dictionary<string, TypeSchema>>(() => Build(f))).Value;

    private static Dictionary<string, TypeSchema> Build(string name)
    {
        var file = Parse(name);
        var structs = file.Types.ToDictionary(t => t.Name);
        var kinds = file.Kinds.Select(k => k.Name).ToHashSet();
        var custom = file.Types.Where(t => t.Custom).Select(t => t.Name).ToHashSet();
        var types = new Dictionary<string, TypeSchema>();
        foreach (var type in file.Types.Where(t => !t.Fragment))
        {
            var root = kinds.Contains(type.Name) || type.TypeMeta;
            var fields = Flat(type, structs).Select(f => Field(f, file, name, custom));
            types[type.Name] = new TypeSchema(type.Name, root ? TypeMeta.Concat(fields) : fields)
            {
                Package = file.Package,
                Description = type.Description,
                MapType = type.Atomic ? MapType.Atomic : MapType.Granular,
                Unions = [.. type.Unions.Select(u => new UnionSchema(u.Discriminator, u.Members))],
                IsRoot = root,
            };
        }

        return types;
    }

    private static readonly FieldSchema[] TypeMeta =
    [
        new()
        {
            JsonName = "kind",
            Kind = FieldKind.String,
            Description = "The kind of object this is, in CamelCase. Servers infer it from the endpoint; it cannot be changed.",
        },
        new()
        {
            JsonName = "apiVersion",
            Kind = FieldKind.String,
            Description = "The group and version of the schema in which this object is written.",
        },
    ];

    private static IEnumerable<SchemaField> Flat(SchemaStruct type, Dictionary<string, SchemaStruct> structs) =>
        type.Fields.SelectMany(f => f.Inline ? Flat(structs[f.Base], structs) : [f]);

    private static FieldSchema Field(SchemaField f, SchemaFile file, string name, HashSet<string> custom)
    {
        var scalar = ScalarKind(f.Base) ?? (custom.Contains(f.Base) ? FieldKind.Any : FieldKind.Struct);
        var list = f.Shape == SchemaShape.List || f is { Shape: SchemaShape.Single, Base: "strings" };
        var single = f.Shape == SchemaShape.Single && !list;
        return new FieldSchema
        {
            JsonName = f.Name,
            Kind = list ? FieldKind.List : single ? scalar : FieldKind.Map,
            TypeSource = single && scalar == FieldKind.Struct ? () => Resolve(f.Base, file, name) : null,
            Element = single ? null : Element(f, scalar, file, name, list),
            ListType = f.ListType switch { "map" => ListType.Map, "set" => ListType.Set, _ => ListType.Atomic },
            MapKeys = f.ListKeys,
            MapType = f.MapType switch { "atomic" => MapType.Atomic, "granular" => MapType.Granular, _ => null },
            PatchStrategies = f.PatchStrategies,
            PatchMergeKey = f.PatchMergeKey,
            Default = f.Default.Length == 0 ? null : f.Default,
            Required = f.Required,
            Pointer = f.Pointer,
            OmitEmpty = !f.Always,
            WireNumber = f.Number,
            Description = f.Description,
        };
    }

    private static FieldSchema Element(SchemaField f, FieldKind scalar, SchemaFile file, string name, bool list)
    {
        if (f.Base == "strings" && !list)
        {
            return new FieldSchema { Kind = FieldKind.List, Element = new FieldSchema { Kind = FieldKind.String } };
        }

        return new FieldSchema { Kind = scalar, TypeSource = scalar == FieldKind.Struct ? () => Resolve(f.Base, file, name) : null };
    }

    /// <summary>"core.PodSpec" is found in the file named by the alias and the version that ends the package.</summary>
    private static TypeSchema Resolve(string type, SchemaFile file, string name)
    {
        var dot = type.IndexOf('.');
        if (dot < 0)
        {
            return Type(name, type);
        }

        var alias = type[..dot];
        var package = file.Imports[alias];
        return Type($"{alias}.{package[(package.LastIndexOf('.') + 1)..]}.schema", type[(dot + 1)..]);
    }

    private static FieldKind? ScalarKind(string name) => name switch
    {
        "string" or "strings" => FieldKind.String,
        "bool" => FieldKind.Boolean,
        "int32" => FieldKind.Int32,
        "int64" => FieldKind.Int64,
        "double" => FieldKind.Double,
        "time" => FieldKind.Time,
        "microtime" => FieldKind.MicroTime,
        "duration" => FieldKind.Duration,
        "quantity" => FieldKind.Quantity,
        "intOrString" => FieldKind.IntOrString,
        "bytes" => FieldKind.Bytes,
        "raw" => FieldKind.Any,
        _ => null,
    };
}
