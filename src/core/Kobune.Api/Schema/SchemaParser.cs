namespace Kobune.Api.SchemaText;

using System;
using System.Collections.Generic;
using System.Globalization;

/// <summary>
/// Reads the schema text. The same source runs in the generator (to emit the types) and at run time
/// (to build <c>TypeSchema</c> lazily), so the two cannot disagree. Grammar, one fact per line, indented lines
/// belong to the line above, <c>-- text</c> at the end of a type's or field's line is its description:
/// <code>
/// group G|- version V package P namespace N          import alias = package
/// kind K [plural p singular s] [external] [short a,b] [categories c] scope Namespaced|Cluster verbs v,w
///   subresource name kind [group/version.]K verbs v,w
///   column "Name" type [format=f] [priority=n]
/// type T [typemeta] [fragment] [custom] [atomic] [-- text]
///   union discriminator|- field=Value …
///   inline T @wire
///   name: [*|[]|map[string]]type [@wire] [required] [always] [omitzero] [as(CsName)] [default(json)]
///         [list(atomic|set|map;keys)] [map(atomic|granular)] [patch(strategies;mergeKey)] [-- text]
/// </code>
/// Scalars: string bool int32 int64 double time microtime duration quantity intOrString bytes raw (any JSON)
/// strings (a list of strings that is a message of its own on the wire).
/// </summary>
internal static class SchemaParser
{
    private static readonly HashSet<string> Scalars = new HashSet<string>
    {
        "string", "bool", "int32", "int64", "double", "time", "microtime", "duration",
        "quantity", "intOrString", "bytes", "raw", "strings",
    };

    public static bool IsScalar(string name) => Scalars.Contains(name);

    public static SchemaFile Parse(string text)
    {
        var file = new SchemaFile();
        SchemaKind? kind = null;
        SchemaStruct? type = null;
        var number = 0;
        foreach (var raw in text.Split('\n'))
        {
            number++;
            var line = raw.TrimEnd();
            if (line.Length == 0 || line[0] == '#')
            {
                continue;
            }

            var description = CutDescription(ref line);
            var words = Words(line);
            try
            {
                if (line[0] == ' ')
                {
                    Member(words, kind, type, description, number);
                    continue;
                }

                switch (words[0])
                {
                    case "group": Header(file, words); break;
                    case "import": file.Imports[words[1]] = words[3]; break;
                    case "kind": file.Kinds.Add(kind = Kind(words, number)); type = null; break;
                    case "type": file.Types.Add(type = Type(words, description, number)); kind = null; break;
                    default: throw new FormatException("expected group, import, kind or type, not '" + words[0] + "'");
                }
            }
            catch (Exception e) when (e is FormatException or ArgumentOutOfRangeException)
            {
                file.Errors.Add(new SchemaError(number, e is FormatException ? e.Message : "the line ends too early"));
            }
        }

        return file;
    }

    private static void Member(List<string> words, SchemaKind? kind, SchemaStruct? type, string description, int line)
    {
        if (kind != null && words[0] == "subresource")
        {
            kind.Subresources.Add(Subresource(words));
        }
        else if (kind != null && words[0] == "column")
        {
            kind.Columns.Add(Column(words));
        }
        else if (type != null && words[0] == "union")
        {
            type.Unions.Add(Union(words));
        }
        else if (type != null && words[0] == "inline")
        {
            type.Fields.Add(new SchemaField { Inline = true, Base = words[1], Number = Wire(words[2]), Line = line });
        }
        else if (type != null && words[0].EndsWith(":", StringComparison.Ordinal))
        {
            type.Fields.Add(Field(words, description, line));
        }
        else
        {
            throw new FormatException("'" + words[0] + "' does not belong here");
        }
    }

    private static void Header(SchemaFile file, List<string> words)
    {
        file.Group = words[1] == "-" ? "" : words[1];
        file.Version = words[3];
        file.Package = words[5];
        file.Namespace = words[7];
    }

    private static SchemaKind Kind(List<string> words, int line)
    {
        var kind = new SchemaKind { Name = words[1], Line = line };
        for (var i = 2; i < words.Count; i++)
        {
            switch (words[i])
            {
                case "plural": kind.Plural = words[++i]; break;
                case "singular": kind.Singular = words[++i] == "-" ? "" : words[i]; break;
                case "short": kind.ShortNames = words[++i].Split(','); break;
                case "categories": kind.Categories = words[++i].Split(','); break;
                case "scope": kind.Namespaced = words[++i] == "Namespaced"; break;
                case "verbs": kind.Verbs = words[++i].Split(','); break;
                case "external": kind.External = true; break;
                default: throw new FormatException("unknown word '" + words[i] + "' in a kind");
            }
        }

        return kind;
    }

    private static SchemaSubresource Subresource(List<string> words)
    {
        var sub = new SchemaSubresource { Name = words[1], Kind = words[3], Verbs = words[5].Split(',') };
        var dot = sub.Kind.LastIndexOf('.');
        if (dot > 0)
        {
            var gv = sub.Kind.Substring(0, dot);
            sub.Kind = sub.Kind.Substring(dot + 1);
            var slash = gv.IndexOf('/');
            sub.Group = slash < 0 ? "" : gv.Substring(0, slash);
            sub.Version = gv.Substring(slash + 1);
        }

        return sub;
    }

    private static SchemaColumn Column(List<string> words)
    {
        var column = new SchemaColumn { Name = words[1].Trim('"'), Type = words[2] };
        for (var i = 3; i < words.Count; i++)
        {
            if (words[i].StartsWith("format=", StringComparison.Ordinal))
            {
                column.Format = words[i].Substring(7);
            }
            else if (words[i].StartsWith("priority=", StringComparison.Ordinal))
            {
                column.Priority = int.Parse(words[i].Substring(9), CultureInfo.InvariantCulture);
            }
            else
            {
                throw new FormatException("unknown word '" + words[i] + "' in a column");
            }
        }

        return column;
    }

    private static SchemaStruct Type(List<string> words, string description, int line)
    {
        var type = new SchemaStruct { Name = words[1], Description = description, Line = line };
        for (var i = 2; i < words.Count; i++)
        {
            switch (words[i])
            {
                case "typemeta": type.TypeMeta = true; break;
                case "fragment": type.Fragment = true; break;
                case "custom": type.Custom = true; break;
                case "atomic": type.Atomic = true; break;
                default: throw new FormatException("unknown word '" + words[i] + "' in a type");
            }
        }

        return type;
    }

    private static SchemaUnion Union(List<string> words)
    {
        var union = new SchemaUnion { Discriminator = words[1] == "-" ? "" : words[1] };
        for (var i = 2; i < words.Count; i++)
        {
            var eq = words[i].IndexOf('=');
            union.Members.Add(new KeyValuePair<string, string>(words[i].Substring(0, eq), words[i].Substring(eq + 1)));
        }

        return union;
    }

    private static SchemaField Field(List<string> words, string description, int line)
    {
        var field = new SchemaField { Name = words[0].Substring(0, words[0].Length - 1), Description = description, Line = line };
        TypeOf(field, words[1]);
        for (var i = 2; i < words.Count; i++)
        {
            Flag(field, words[i]);
        }

        return field;
    }

    private static void TypeOf(SchemaField field, string type)
    {
        if (type.StartsWith("[]", StringComparison.Ordinal))
        {
            field.Shape = SchemaShape.List;
            type = type.Substring(2);
        }
        else if (type.StartsWith("map[string]", StringComparison.Ordinal))
        {
            field.Shape = SchemaShape.Map;
            type = type.Substring(11);
        }
        else if (type[0] == '*')
        {
            field.Pointer = true;
            type = type.Substring(1);
        }

        if (!IsScalar(type) && !char.IsUpper(type[type.LastIndexOf('.') + 1]))
        {
            throw new FormatException("unknown scalar '" + type + "'");
        }

        field.Base = type;
    }

    private static void Flag(SchemaField field, string word)
    {
        if (word[0] == '@')
        {
            field.Number = Wire(word);
            return;
        }

        var open = word.IndexOf('(');
        var name = open < 0 ? word : word.Substring(0, open);
        var argument = open < 0 ? "" : word.Substring(open + 1, word.Length - open - 2);
        var semicolon = argument.IndexOf(';');
        var first = semicolon < 0 ? argument : argument.Substring(0, semicolon);
        var second = semicolon < 0 ? "" : argument.Substring(semicolon + 1);
        switch (name)
        {
            case "required": field.Required = true; break;
            case "always": field.Always = true; break;
            case "omitzero": field.OmitZero = true; break;
            case "as": field.Rename = argument; break;
            case "default": field.Default = argument; break;
            case "list":
                field.ListType = first;
                field.ListKeys = second.Length == 0 ? [] : second.Split(',');
                break;
            case "map": field.MapType = first; break;
            case "patch":
                field.PatchStrategies = first.Length == 0 ? [] : first.Split(',');
                field.PatchMergeKey = second;
                break;
            default: throw new FormatException("unknown flag '" + word + "'");
        }
    }

    private static int Wire(string word)
    {
        if (word[0] != '@' || !int.TryParse(word.Substring(1), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            throw new FormatException("'" + word + "' is not a wire number (@1)");
        }

        return number;
    }

    private static string CutDescription(ref string line)
    {
        var at = line.IndexOf(" -- ", StringComparison.Ordinal);
        if (at < 0)
        {
            return "";
        }

        var text = line.Substring(at + 4).Trim();
        line = line.Substring(0, at).TrimEnd();
        return text;
    }

    /// <summary>Splits at spaces outside quotes and parentheses.</summary>
    private static List<string> Words(string line)
    {
        var words = new List<string>();
        var start = -1;
        var depth = 0;
        var quoted = false;
        for (var i = 0; i <= line.Length; i++)
        {
            var c = i < line.Length ? line[i] : ' ';
            if (c == ' ' && (i == line.Length || (depth == 0 && !quoted)))
            {
                if (start >= 0)
                {
                    words.Add(line.Substring(start, i - start));
                    start = -1;
                }

                continue;
            }

            start = start < 0 ? i : start;
            quoted ^= c == '"';
            depth += quoted ? 0 : c == '(' ? 1 : c == ')' ? -1 : 0;
        }

        return words;
    }
}
