using System.Text.Json.Nodes;
using Kobune.Kubectl.Cluster;
using Kobune.Kubectl.CommandLine;
using Kobune.Kubectl.Verbs;

namespace Kobune.Kubectl.Output;

/// <summary>Tells what a verb did to each object: a sentence, or the object itself with -o.</summary>
internal sealed class ResultReporter(Invocation i)
{
    private readonly OutputFormat _format = OutputFormat.Of(i);
    private readonly List<JsonObject> _objects = [];

    public void Report(ResourceItem item, string done, JsonObject result)
    {
        if (_format.Name.Length == 0)
        {
            var name = result.Name() is { Length: > 0 } n ? n : item.Name;
            i.Out.WriteLine($"{item.Mapping.QualifiedSingular}/{name} {done}{DryRun.Suffix(i)}");
        }
        else
        {
            _objects.Add(result);
        }
    }

    /// <summary>Prints the objects that -o asked for: one by itself, several as a list.</summary>
    public void Finish()
    {
        if (_objects.Count == 0)
        {
            return;
        }

        var printer = new ObjectPrinter(i, _format.IsWide ? new OutputFormat("name", "") : _format);
        if (_objects.Count == 1 || _format.Name == "name")
        {
            _objects.ForEach(o => printer.Print(o, i.Out));
            return;
        }

        printer.Print(
            new JsonObject { ["apiVersion"] = "v1", ["kind"] = "List", ["metadata"] = new JsonObject(), ["items"] = new JsonArray([.. _objects.Select(o => o.DeepClone())]) },
            i.Out);
    }
}
