namespace Kobune.Api.Generator;

using System.Collections.Generic;
using System.Linq;
using Kobune.Api.SchemaText;

/// <summary>Finds what the names in a schema file mean in C#.</summary>
internal sealed class TypeResolver
{
    private readonly SchemaFile _file;
    private readonly Dictionary<string, string> _packages;
    private readonly Dictionary<string, SchemaStruct> _types = new Dictionary<string, SchemaStruct>();

    public TypeResolver(SchemaFile file, Dictionary<string, string> packages)
    {
        _file = file;
        _packages = packages;
        foreach (var type in file.Types)
        {
            _types[type.Name] = type;
        }
    }

    public SchemaFile File => _file;

    public string CsName(string name)
    {
        var dot = name.IndexOf('.');
        return dot < 0 ? name
            : "global::" + _packages[_file.Imports[name.Substring(0, dot)]] + "." + name.Substring(dot + 1);
    }

    public SchemaStruct Local(string name) => _types[name];

    /// <summary>The fields as JSON shows them: inlined structs' fields in the place of the inline line.</summary>
    public List<SchemaField> Flat(SchemaStruct type)
    {
        var list = new List<SchemaField>();
        foreach (var field in type.Fields)
        {
            if (field.Inline)
            {
                list.AddRange(Flat(_types[field.Base]));
            }
            else
            {
                list.Add(field);
            }
        }

        return list;
    }

    public IEnumerable<SchemaError> Check()
    {
        foreach (var type in _file.Types)
        {
            foreach (var field in type.Fields)
            {
                var dot = field.Base.IndexOf('.');
                var known = SchemaParser.IsScalar(field.Base) || (dot < 0 ? _types.ContainsKey(field.Base)
                    : _file.Imports.TryGetValue(field.Base.Substring(0, dot), out var package) && _packages.ContainsKey(package));
                if (!known || (field.Inline && dot >= 0))
                {
                    yield return new SchemaError(field.Line, "unknown type '" + field.Base + "' in " + type.Name + "." + field.Name);
                }
            }

            foreach (var twin in type.Fields.Where(f => f.Number > 0).GroupBy(f => f.Number).Where(g => g.Count() > 1))
            {
                yield return new SchemaError(twin.Last().Line, "wire number " + twin.Key + " occurs twice in " + type.Name);
            }
        }

        foreach (var kind in _file.Kinds.Where(k => !_types.ContainsKey(k.Name)))
        {
            yield return new SchemaError(kind.Line, "kind '" + kind.Name + "' has no type of its name");
        }
    }
}
