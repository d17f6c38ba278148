using System.Text;
using Kobune.Api;
using Kobune.Kubectl.CommandLine;

namespace Kobune.Kubectl.Verbs;

/// <summary>kubectl explain, from the schema table that is built in.</summary>
internal static class ExplainVerb
{
    public static readonly Command Definition = new("explain", "Get documentation for a resource")
    {
        Usage = "TYPE [--recursive=FALSE|TRUE] [--api-version=api-version-group] [--output=plaintext|plaintext-openapiv2]",
        Examples = """
            # The fields of a pod
            kubectl explain pods

            # Of one field
            kubectl explain pods.spec.containers

            # All of them, as a tree
            kubectl explain deployments --recursive
            """,
        Flags = [Flag.Text("api-version", "Version to describe."), Flag.Text("output", "plaintext.", value: "plaintext"), Flag.Bool("recursive", "Show the fields of fields.")],
        Run = RunAsync,
    };

    private static async Task<int> RunAsync(Invocation i)
    {
        if (i.Arguments.Count != 1)
        {
            throw new CommandException(i.Arguments.Count == 0
                ? "You must specify the type of resource to explain. Use \"kubectl api-resources\" for a complete list of supported resources."
                : "We accept only this format: explain RESOURCE");
        }

        var path = i.Arguments[0].Split('.');
        var mapping = await i.Cluster.Mapper.ByArgumentAsync(path[0], i.Cancellation).ConfigureAwait(false);
        if (mapping.BuiltIn is not { } info)
        {
            throw new CommandException($"the schema of {GoText.Quote(mapping.QualifiedPlural)} is not built in; see kubectl get crd {mapping.QualifiedPlural} -o yaml");
        }

        if (i.Flags.TextOrNull("api-version") is { } version)
        {
            info = ResourceInfo.BuiltIns.FirstOrDefault(r => r.Kind == info.Kind && r.ApiVersion == version) ?? throw new CommandException($"couldn't find resource for {GoText.Quote($"{version}, Kind={info.Kind}")}");
        }

        var schema = info.Schema;
        FieldSchema? field = null;
        foreach (var name in path.Skip(1))
        {
            field = schema?.Field(name);
            if (field is null)
            {
                Head(i, info);
                throw new CommandException($"field {GoText.Quote(name)} does not exist");
            }

            schema = TypeOf(field);
        }

        Write(i, info, field, schema);
        return 0;
    }

    private static TypeSchema? TypeOf(FieldSchema field) => field.Kind switch
    {
        FieldKind.Struct => field.Type,
        FieldKind.List or FieldKind.Map => field.Element is { } element ? TypeOf(element) : null,
        _ => null,
    };

    private static void Head(Invocation i, ResourceInfo info)
    {
        if (info.Group.Length > 0)
        {
            i.Out.WriteLine($"GROUP:      {info.Group}");
        }

        i.Out.WriteLine($"KIND:       {info.Kind}");
        i.Out.WriteLine($"VERSION:    {info.Version}\n");
    }

    private static void Write(Invocation i, ResourceInfo info, FieldSchema? field, TypeSchema? schema)
    {
        Head(i, info);
        if (field is not null)
        {
            i.Out.WriteLine($"FIELD: {field.JsonName} <{TypeName(field)}>{(field.Required ? " -required-" : "")}\n");
        }

        var description = field?.Description is { Length: > 0 } d ? d : schema?.Description;
        i.Out.WriteLine("DESCRIPTION:");
        i.Out.WriteLine(Wrap(string.IsNullOrEmpty(description) ? "<empty>" : description, 4));
        i.Out.WriteLine();
        if (schema is null || schema.Fields.Count == 0)
        {
            return;
        }

        i.Out.WriteLine("FIELDS:");
        Fields(i, schema, 1, i.Flags.Bool("recursive"), []);
        i.Out.WriteLine();
    }

    private static void Fields(Invocation i, TypeSchema schema, int level, bool recursive, HashSet<TypeSchema> above)
    {
        foreach (var field in schema.Fields.OrderBy(f => f.JsonName, StringComparer.Ordinal))
        {
            i.Out.WriteLine($"{new string(' ', level * 2)}{field.JsonName}\t<{TypeName(field)}>{(field.Required ? " -required-" : "")}");
            if (recursive)
            {
                if (TypeOf(field) is { } inner && above.Add(inner))
                {
                    Fields(i, inner, level + 1, recursive, above);
                    above.Remove(inner);
                }

                continue;
            }

            i.Out.WriteLine(Wrap(string.IsNullOrEmpty(field.Description) ? "<no description>" : field.Description, 4));
            i.Out.WriteLine();
        }
    }

    private static string TypeName(FieldSchema field) => field.Kind switch
    {
        FieldKind.Struct => field.Type?.Name ?? "Object",
        FieldKind.List => "[]" + (field.Element is { } e ? TypeName(e) : "Object"),
        FieldKind.Map => $"map[string]{(field.Element is { } e ? TypeName(e) : "Object")}",
        FieldKind.Boolean => "boolean",
        FieldKind.Int32 or FieldKind.Int64 => "integer",
        FieldKind.Double => "number",
        FieldKind.Quantity => "Quantity",
        FieldKind.IntOrString => "IntOrString",
        FieldKind.Any => "Object",
        _ => "string",
    };

    private static string Wrap(string text, int indent)
    {
        var output = new StringBuilder();
        var column = 0;
        foreach (var word in text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
        {
            if (column == 0 || column + word.Length + 1 > 80)
            {
                output.Append(column == 0 ? "" : "\n").Append(' ', indent);
                column = indent;
            }
            else
            {
                output.Append(' ');
                column++;
            }

            output.Append(word);
            column += word.Length;
        }

        return output.ToString();
    }
}
