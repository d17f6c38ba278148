using Kobune.Kubectl.CommandLine;

namespace Kobune.Kubectl.Output;

/// <summary>What -o says: a name and its argument, "jsonpath" and "{.items[0]}".</summary>
internal sealed record OutputFormat(string Name, string Argument)
{
    private const string Allowed =
        "custom-columns,custom-columns-file,go-template,go-template-file,json,jsonpath,jsonpath-as-json,jsonpath-file,name,template,templatefile,wide,yaml";

    public static readonly Flag Output = Flag.Text(
        "output",
        "Output format. One of: (json, yaml, name, go-template, go-template-file, template, templatefile, jsonpath, jsonpath-as-json, jsonpath-file).",
        'o');

    public static readonly Flag Template = Flag.Text("template", "Template for -o=go-template, -o=jsonpath and their -file forms.");

    public static readonly Flag ShowManagedFields = Flag.Bool("show-managed-fields", "Keep managedFields in JSON and YAML.");

    public static readonly Flag AllowMissing = Flag.Bool("allow-missing-template-keys", "Show nothing, and not an error, where a template's field is missing.", on: true);

    /// <summary>The flags of verbs that print the objects they change.</summary>
    public static readonly IReadOnlyList<Flag> Flags = [Output, Template, ShowManagedFields, AllowMissing];

    /// <summary>Neither a table nor a sentence, but the object.</summary>
    public bool IsObject => Name is not ("" or "wide");

    public bool IsWide => Name == "wide";

    /// <exception cref="CommandException">There is no such format.</exception>
    public static OutputFormat Of(Invocation invocation)
    {
        var text = invocation.Flags.Text("output");
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        var name = equals < 0 ? text : text[..equals];
        var argument = equals < 0 ? "" : text[(equals + 1)..];
        if (argument.Length == 0 && invocation.Flags.Has("template"))
        {
            argument = invocation.Flags.Text("template");
        }

        if (name.Length == 0 && argument.Length > 0)
        {
            name = "go-template";
        }

        if (name.Length > 0 && !Allowed.Split(',').Contains(name))
        {
            throw new CommandException($"unable to match a printer suitable for the output format {GoText.Quote(text)}, allowed formats are: {Allowed}");
        }

        if (argument.Length == 0 && name is "custom-columns" or "custom-columns-file")
        {
            throw new CommandException($"custom-columns format specified but no custom columns given");
        }

        if (argument.Length == 0 && name is "jsonpath" or "jsonpath-as-json" or "jsonpath-file" or "go-template" or "go-template-file" or "template" or "templatefile")
        {
            throw new CommandException($"template format specified but no template given");
        }

        return name switch
        {
            "jsonpath-file" => new OutputFormat("jsonpath", ReadFile(argument)),
            "go-template-file" or "templatefile" => new OutputFormat("go-template", ReadFile(argument)),
            "template" => new OutputFormat("go-template", argument),
            _ => new OutputFormat(name, argument),
        };
    }

    internal static string ReadFile(string path) => File.Exists(path)
        ? File.ReadAllText(path)
        : throw new CommandException($"error reading --template {path}, open {path}: no such file or directory");
}
