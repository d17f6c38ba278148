using System.Text.Json.Nodes;
using Kobune.Api;
using Kobune.Api.JsonPaths;
using Kobune.Client.Yaml;
using Kobune.Kubectl.CommandLine;

namespace Kobune.Kubectl.Output;

/// <summary>Prints whole objects in the format of -o. One printer lives as long as the command: YAML documents are separated from the second on.</summary>
internal sealed class ObjectPrinter
{
    private readonly OutputFormat _format;
    private readonly bool _managedFields;
    private readonly bool _allowMissing;
    private readonly JsonPathTemplate? _path;
    private readonly GoTemplate? _template;
    private readonly CustomColumns? _columns;
    private bool _printed;

    public ObjectPrinter(Invocation invocation, OutputFormat format)
    {
        _format = format;
        _managedFields = invocation.Flags.Has("show-managed-fields") && invocation.Flags.Bool("show-managed-fields");
        _allowMissing = !invocation.Flags.Has("allow-missing-template-keys") || invocation.Flags.Bool("allow-missing-template-keys");
        try
        {
            _path = format.Name is "jsonpath" or "jsonpath-as-json" ? JsonPathTemplate.Parse(format.Argument) : null;
            _template = format.Name == "go-template" ? GoTemplate.Parse(format.Argument) : null;
        }
        catch (JsonPathException e)
        {
            throw new CommandException($"error parsing {(format.Name == "go-template" ? "template" : "jsonpath")} {format.Argument}, {e.Message}");
        }

        _columns = format.Name is "custom-columns" or "custom-columns-file"
            ? CustomColumns.Parse(format, noHeaders: invocation.Flags.Has("no-headers") && invocation.Flags.Bool("no-headers"))
            : null;
    }

    public void Print(JsonObject obj, TextWriter output)
    {
        obj = _managedFields ? obj : WithoutManagedFields(obj);
        switch (_format.Name)
        {
            case "yaml":
                output.Write((_printed ? "---\n" : "") + YamlTree.Format(JsonTree.Sorted(obj)));
                break;
            case "json":
                output.Write(GoJson.Indented(obj) + "\n");
                break;
            case "name":
                PrintName(obj, output);
                break;
            case "jsonpath":
                output.Write(Execute(obj));
                break;
            case "jsonpath-as-json":
                output.Write(GoJson.Indented(new JsonArray([.. _path!.Find(obj, _allowMissing).Select(n => n?.DeepClone())])) + "\n");
                break;
            case "go-template":
                output.Write(ExecuteTemplate(obj));
                break;
            default:
                _columns!.Print(obj, output, headers: !_printed);
                break;
        }

        _printed = true;
    }

    private string Execute(JsonObject obj)
    {
        try
        {
            return _path!.Execute(obj, _allowMissing);
        }
        catch (JsonPathException e)
        {
            throw new CommandException(
                $"error executing jsonpath {GoText.Quote(_format.Argument)}: Error executing template: {e.Message}. Printing more information for debugging the template:\n" +
                $"\ttemplate was:\n\t\t{_format.Argument}\n\tobject given to jsonpath engine was:\n\t\t{GoJson.Compact(obj)}\n\n");
        }
    }

    private string ExecuteTemplate(JsonObject obj)
    {
        try
        {
            return _template!.Execute(obj);
        }
        catch (JsonPathException e)
        {
            throw new CommandException($"error executing template {GoText.Quote(_format.Argument)}: {e.Message}");
        }
    }

    private static void PrintName(JsonObject obj, TextWriter output)
    {
        foreach (var item in obj["items"] is JsonArray items && obj.Text("kind").EndsWith("List", StringComparison.Ordinal) ? items.OfType<JsonObject>() : [obj])
        {
            var apiVersion = item.Text("apiVersion");
            var group = apiVersion.Contains('/', StringComparison.Ordinal) ? "." + apiVersion[..apiVersion.IndexOf('/', StringComparison.Ordinal)] : "";
            output.WriteLine($"{item.Text("kind").ToLowerInvariant()}{group}/{item.Name()}");
        }
    }

    private static JsonObject WithoutManagedFields(JsonObject obj)
    {
        foreach (var item in obj.Objects("items").Prepend(obj))
        {
            (item["metadata"] as JsonObject)?.Remove("managedFields");
        }

        return obj;
    }
}
