namespace Kobune.Api.Generator;

using System;
using System.Collections.Generic;
using System.Linq;
using Kobune.Api.SchemaText;

/// <summary>One schema type to one C# class.</summary>
internal sealed class TypeEmitter
{
    private readonly Code _code;
    private readonly TypeResolver _resolver;
    private readonly SchemaStruct _type;
    private readonly bool _kind;
    private readonly List<FieldEmitter> _fields;

    public TypeEmitter(Code code, TypeResolver resolver, SchemaStruct type)
    {
        _code = code;
        _resolver = resolver;
        _type = type;
        _kind = resolver.File.Kinds.Any(k => k.Name == type.Name);
        _fields = resolver.Flat(type).Select(f => new FieldEmitter(f, resolver, _kind && f.Name == "metadata")).ToList();
    }

    public void Emit()
    {
        var bases = _kind ? "KubeObject, IKubeKind<" + _type.Name + ">" : "ApiStruct";
        _code.Doc(_type.Description).Line("public sealed partial class " + _type.Name + " : " + bases).Line("{");
        Properties();
        _code.Line("internal override string GoName => \"" + _type.Name + "\";");
        FieldOf();
        ReadField();
        WriteFields();
        ReadProto();
        WriteProto();
        Clone();
        _code.Line("}").Line("");
    }

    private void Properties()
    {
        if (_kind)
        {
            _code.Line("public static ResourceInfo Info { get; } = Kinds." + _type.Name + "();")
                .Line("public static " + _type.Name + " New() => new();")
                .Line("public override ResourceInfo Resource => Info;");
        }

        if (_type.TypeMeta)
        {
            _code.Line("public string ApiVersion { get; set; } = \"" + (_resolver.File.Group == "meta.k8s.io" && _type.Name != "Table" ? "v1" : _resolver.File.ApiVersion) + "\";")
                .Line("public string Kind { get; set; } = \"" + _type.Name + "\";");
        }

        foreach (var field in _fields)
        {
            field.Property(_code);
        }

        if (_kind && _fields.Any(f => f.Name == "Status" && f.Field.IsStruct))
        {
            _code.Line("public override void CopyStatus(KubeObject from) => Status = ((" + _type.Name + ")from).Status;");
        }
    }

    /// <summary>Names in the order of their numbers; kinds know kind and apiVersion after their own fields.</summary>
    private void FieldOf()
    {
        var names = _fields.Select(f => f.Field.Name).ToList();
        if (_kind || _type.TypeMeta)
        {
            names.Add("kind");
            names.Add("apiVersion");
        }

        _code.Line("internal override int FieldOf(ReadOnlySpan<byte> name)").Line("{").Line("switch (name.Length)").Line("{");
        foreach (var group in names.Select((n, i) => (Name: n, Index: i)).GroupBy(x => x.Name.Length).OrderBy(g => g.Key))
        {
            var tests = group.Select(x => "name.SequenceEqual(\"" + x.Name + "\"u8) ? " + x.Index + " : ");
            _code.Line("case " + group.Key + ": return " + string.Concat(tests) + "-1;");
        }

        _code.Line("default: return -1;").Line("}").Line("}");
    }

    private void ReadField()
    {
        _code.Line("internal override void ReadField(int field, ref JsonIn d)").Line("{").Line("switch (field)").Line("{");
        for (var i = 0; i < _fields.Count; i++)
        {
            _code.Line("case " + i + ": " + _fields[i].Name + " = " + _fields[i].JsonRead() + "; break;");
        }

        if (_type.TypeMeta)
        {
            _code.Line("case " + _fields.Count + ": Kind = d.String(); break;").Line("case " + (_fields.Count + 1) + ": ApiVersion = d.String(); break;");
        }
        else if (_kind)
        {
            _code.Line("default: d.String(); break;");
        }
        else if (_fields.Count == 0)
        {
            _code.Line("default: break;");
        }

        _code.Line("}").Line("}");
    }

    private void WriteFields()
    {
        _code.Line("internal override void WriteFields(Utf8JsonWriter w)").Line("{");
        if (_kind || _type.TypeMeta)
        {
            var put = _kind ? "Put" : "PutIf";
            _code.Line("w." + put + "(\"kind\"u8, Kind);").Line("w." + put + "(\"apiVersion\"u8, ApiVersion);");
        }

        foreach (var field in _fields)
        {
            _code.Line(field.JsonWrite());
        }

        _code.Line("}");
    }

    private void ReadProto()
    {
        _code.Line("internal override bool ReadProto(int number, ref ProtoIn p)").Line("{");
        ProtoSwitch(_type, "");
        _code.Line("}");
        foreach (var inline in Inlines(_type))
        {
            _code.Line("private bool ReadProto" + inline.Path + "(int number, ref ProtoIn p)").Line("{");
            ProtoSwitch(inline.Type, inline.Path);
            _code.Line("}");
        }
    }

    private void ProtoSwitch(SchemaStruct type, string path)
    {
        _code.Line("switch (number)").Line("{");
        foreach (var field in type.Fields.Where(f => f.Number > 0))
        {
            if (field.Inline)
            {
                _code.Line("case " + field.Number + ":").Line("{")
                    .Line("var outer = p.Enter();")
                    .Line("while (p.Next(out var n))").Line("{")
                    .Line("if (!ReadProto" + path + "_" + field.Base + "(n, ref p))").Line("{").Line("p.Skip();").Line("}").Line("}")
                    .Line("p.Exit(outer);").Line("return true;").Line("}");
            }
            else
            {
                _code.Line("case " + field.Number + ": " + Emitter(field).ProtoRead() + "; return true;");
            }
        }

        _code.Line("default: return false;").Line("}");
    }

    private void WriteProto()
    {
        _code.Line("internal override void WriteProto(ProtoOut o)").Line("{");
        ProtoWrites(_type, 0);
        _code.Line("}");
    }

    private void ProtoWrites(SchemaStruct type, int depth)
    {
        foreach (var field in type.Fields.Where(f => f.Number > 0).OrderByDescending(f => f.Number))
        {
            if (field.Inline)
            {
                var mark = "end" + depth;
                _code.Line("{").Line("var " + mark + " = o.Length;");
                ProtoWrites(_resolver.Local(field.Base), depth + 1);
                _code.Line("o.End(" + field.Number + ", " + mark + ");").Line("}");
            }
            else
            {
                _code.Line(Emitter(field).ProtoWrite());
            }
        }
    }

    private void Clone()
    {
        _code.Line("public " + _type.Name + " Clone()").Line("{").Line("var c = (" + _type.Name + ")MemberwiseClone();");
        foreach (var line in _fields.Select(f => f.CloneLine()).Where(l => l.Length > 0))
        {
            _code.Line(line);
        }

        _code.Line("return c;").Line("}").Line("internal override ApiStruct CloneStruct() => Clone();");
    }

    private FieldEmitter Emitter(SchemaField field) => _fields.First(f => f.Field == field);

    private IEnumerable<(SchemaStruct Type, string Path)> Inlines(SchemaStruct type, string path = "")
    {
        foreach (var field in type.Fields.Where(f => f.Inline))
        {
            var inner = _resolver.Local(field.Base);
            var innerPath = path + "_" + field.Base;
            yield return (inner, innerPath);
            foreach (var nested in Inlines(inner, innerPath))
            {
                yield return nested;
            }
        }
    }
}
