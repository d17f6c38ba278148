namespace Kobune.Api.Generator;

using System.Collections.Generic;
using System.Linq;
using Kobune.Api.SchemaText;

/// <summary>One field: its property and its lines in the readers, the writers and the clone.</summary>
internal sealed class FieldEmitter
{
    private static readonly Dictionary<string, Scalar> Scalars = new Dictionary<string, Scalar>
    {
        ["string"] = new Scalar("string", "String", isValue: false),
        ["bool"] = new Scalar("bool", "Bool"),
        ["int32"] = new Scalar("int", "Int32", write: "Int"),
        ["int64"] = new Scalar("long", "Int64", write: "Int"),
        ["double"] = new Scalar("double", "Double"),
        ["time"] = new Scalar("DateTimeOffset", "Time"),
        ["microtime"] = new Scalar("DateTimeOffset", "Time"),
        ["duration"] = new Scalar("TimeSpan", "Duration"),
        ["quantity"] = new Scalar("Quantity", "Quantity"),
        ["intOrString"] = new Scalar("IntOrString", "IntOrString"),
        ["bytes"] = new Scalar("byte[]", "Bytes", isValue: false),
        ["raw"] = new Scalar("RawJson", "Raw", isValue: false),
        ["strings"] = new Scalar("List<string>", "Strings", isValue: false, write: "WrappedStrings"),
    };

    private readonly TypeResolver _resolver;
    private readonly bool _metadata;
    private readonly Scalar? _scalar;
    private readonly string _struct;

    public FieldEmitter(SchemaField field, TypeResolver resolver, bool metadata)
    {
        Field = field;
        _resolver = resolver;
        _metadata = metadata;
        Scalars.TryGetValue(field.Base, out _scalar);
        _struct = _scalar == null ? resolver.CsName(field.Base) : "";
        Name = field.Rename.Length > 0 ? field.Rename : Pascal(field.Name);
    }

    public SchemaField Field { get; }

    public string Name { get; }

    private bool IsTime => Field.Base == "time" || Field.Base == "microtime";

    private string Item => _scalar?.Type ?? _struct;

    private string Collection => Field.Shape == SchemaShape.Map ? "Dictionary<string, " + Item + ">"
        : Field.Base == "strings" ? Item : "List<" + Item + ">";

    private bool Lazy => Field.Shape != SchemaShape.Single || Field.Base == "strings" || (_scalar == null && !Field.Pointer);

    private string Backing => _metadata ? "MetadataOrNull" : "_" + char.ToLowerInvariant(Name[0]) + Name.Substring(1);

    private string LazyType => Field.Shape == SchemaShape.Single && _scalar == null ? _struct : Collection;

    public void Property(Code code)
    {
        if (_metadata)
        {
            return;
        }

        code.Doc(Field.Description);
        if (Lazy)
        {
            var fresh = LazyType.StartsWith("Dictionary", System.StringComparison.Ordinal) ? "new(StringComparer.Ordinal)" : "new()";
            code.Line("public " + LazyType + " " + Name + " { get => " + Backing + " ??= " + fresh + "; set => " + Backing + " = value; }")
                .Line("private " + LazyType + "? " + Backing + ";");
            return;
        }

        var nullable = Field.Pointer || IsTime || _scalar is { Type: "byte[]" or "RawJson" };
        var initial = nullable || _scalar == null || _scalar.IsValue ? "" : " = \"\";";
        code.Line("public " + Item + (nullable ? "?" : "") + " " + Name + " { get; set; }" + initial);
    }

    public string JsonRead()
    {
        switch (Field.Shape)
        {
            case SchemaShape.List when _scalar == null:
                return "d.Structs<" + _struct + ">()";
            case SchemaShape.List when Field.Base == "string":
                return "d.Strings()";
            case SchemaShape.List:
                return "d.List(static (ref d) => d." + _scalar!.Method + "()" + (Field.Base == "bytes" ? "!" : "") + ", \"[]" + Field.Base + "\")";
            case SchemaShape.Map when _scalar == null:
                return "d.StructMap<" + _struct + ">()";
            case SchemaShape.Map when Field.Base == "string":
                return "d.StringMap()";
            case SchemaShape.Map:
                var suffix = Field.Base == "bytes" ? " ?? []" : IsTime ? " ?? default" : "";
                return "d.Map(static (ref d) => d." + _scalar!.Method + "()" + suffix + ", \"" + Field.Base + "\")";
            default:
                return _scalar == null ? "d.Struct(new " + _struct + "())" : "d." + _scalar.Method + "()";
        }
    }

    public string JsonWrite()
    {
        var target = "w." + Put() + "(\"" + Field.Name + "\"u8, ";
        if (Field.Shape != SchemaShape.Single)
        {
            var value = _scalar == null ? (Field.Shape == SchemaShape.List ? "" : ", JsonOut.StructValue") : ", JsonOut." + _scalar.Method + "Value";
            value = IsTime ? ", static (w, v) => JsonOut.TimeValue(w, v)" : value;
            return target + Backing + value + ");";
        }

        if (Field.Base == "strings")
        {
            return target + Backing + ", JsonOut.StringValue);";
        }

        return target + (Lazy ? Backing + " ?? new()" : Name) + ");";
    }

    public string ProtoRead()
    {
        var scalarRead = _scalar == null ? "" : "p." + _scalar.Method + "()";
        switch (Field.Shape)
        {
            case SchemaShape.List when _scalar == null:
                return Name + ".Add(p.Struct(new " + _struct + "()))";
            case SchemaShape.List when Field.Base is "int32" or "int64" or "bool":
                return "p.Ints(" + Name + ", static v => " + (Field.Base == "bool" ? "v != 0" : "(" + Item + ")v") + ")";
            case SchemaShape.List:
                return Name + ".Add(" + scalarRead + (Field.Base == "raw" ? " ?? RawJson.Null" : "") + ")";
            case SchemaShape.Map when _scalar == null:
                return "p.StructEntry(" + Name + ")";
            case SchemaShape.Map:
                var method = Field.Base == "strings" ? "WrappedStrings" : _scalar!.Method;
                var empty = Field.Base == "string" ? "\"\"" : Field.Base is "bytes" or "strings" ? "[]" : "default";
                return "p.Entry(" + Name + ", static (ref p) => p." + method + "()" + (IsTime ? " ?? default" : "") + ", " + empty + ")";
            default:
                return Name + " = " + (_scalar == null ? "p.Struct(new " + _struct + "())" : Field.Base == "strings" ? "p.WrappedStrings()" : scalarRead);
        }
    }

    public string ProtoWrite()
    {
        var n = Field.Number + ", ";
        switch (Field.Shape)
        {
            case SchemaShape.List when _scalar == null:
                return "o.Structs(" + n + Backing + ");";
            case SchemaShape.List when Field.Base == "string":
                return "o.Strings(" + n + Backing + ");";
            case SchemaShape.List:
                return "o.List(" + n + Backing + ", static (o, n, v) => o." + _scalar!.Write + "(n, v));";
            case SchemaShape.Map:
                return "o.Map(" + n + Backing + ", static (o, n, v) => o." + (_scalar?.Write ?? "Struct") + "(n, v));";
        }

        if (_scalar == null)
        {
            return "o.Struct(" + n + (Lazy ? Backing + " ?? new()" : Name) + ");";
        }

        var method = _scalar.Write;
        if (IsTime)
        {
            method = Field.Pointer ? "TimeIf" : "TimeOrEmpty";
        }
        else if (Field.Base == "raw" && !Field.Pointer)
        {
            method = "RawOrEmpty";
        }

        return "o." + method + "(" + n + (Lazy ? Backing : Name) + ");";
    }

    public string CloneLine()
    {
        var b = "c." + Backing;
        if (_scalar != null)
        {
            return !Lazy ? "" : "Copy." + (Field.Base is "bytes" or "strings" && Field.Shape == SchemaShape.Map ? "Deep" : "Shallow") + "(ref " + b + ");";
        }

        return Field.Shape != SchemaShape.Single ? "Copy.Structs(ref " + b + ");"
            : _metadata ? b + " = " + Backing + "?.Clone();"
            : Lazy ? b + " = " + Backing + "?.Clone();"
            : "c." + Name + " = " + Name + "?.Clone();";
    }

    private string Put()
    {
        if (Field.Shape == SchemaShape.Single)
        {
            if (Field.Base == "microtime")
            {
                return Field.Pointer && !Field.Always ? "PutMicroIf" : "PutMicro";
            }

            // A struct by value is never empty to Go's omitempty, and these write themselves as structs.
            var byValue = !Field.Pointer && (_scalar == null || Field.Base is "time" or "duration" or "quantity" or "intOrString" or "raw") && !Field.OmitZero;
            if (Field.Base == "string" && Field.Pointer && !Field.Always)
            {
                return "PutIfSet";
            }

            return byValue || Field.Always ? "Put" : "PutIf";
        }

        return Field.Always ? "Put" : "PutIf";
    }

    private static string Pascal(string name)
    {
        var parts = name.TrimStart('$').Split('-').Where(p => p.Length > 0);
        return string.Concat(parts.Select(p => char.ToUpperInvariant(p[0]) + p.Substring(1)));
    }

    private sealed class Scalar
    {
        public Scalar(string type, string method, bool isValue = true, string? write = null)
        {
            Type = type;
            Method = method;
            IsValue = isValue;
            Write = write ?? method;
        }

        public string Type { get; }

        public string Method { get; }

        public string Write { get; }

        public bool IsValue { get; }
    }
}
