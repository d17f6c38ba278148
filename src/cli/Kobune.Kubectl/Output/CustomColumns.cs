using System.Text.Json.Nodes;
using Kobune.Api.JsonPaths;
using Kobune.Kubectl.CommandLine;
using Kobune.Kubectl.Text;

namespace Kobune.Kubectl.Output;

/// <summary>-o custom-columns=NAME:.metadata.name,…: a table of JSONPaths, one row per object.</summary>
internal sealed class CustomColumns
{
    private readonly IReadOnlyList<(string Header, JsonPathTemplate Path)> _columns;
    private readonly bool _noHeaders;

    private CustomColumns(IReadOnlyList<(string, JsonPathTemplate)> columns, bool noHeaders)
    {
        _columns = columns;
        _noHeaders = noHeaders;
    }

    public static CustomColumns Parse(OutputFormat format, bool noHeaders)
    {
        var spec = format.Argument;
        if (format.Name == "custom-columns-file")
        {
            var lines = OutputFormat.ReadFile(spec).Split('\n', StringSplitOptions.RemoveEmptyEntries);
            var headers = lines[0].Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            var paths = lines.ElementAtOrDefault(1)?.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries) ?? [];
            if (headers.Length != paths.Length)
            {
                throw new CommandException($"number of headers ({headers.Length}) and field specifications ({paths.Length}) don't match");
            }

            spec = string.Join(',', headers.Zip(paths, (h, p) => $"{h}:{p}"));
        }

        return new CustomColumns([.. spec.Split(',').Select(Column)], noHeaders);
    }

    public void Print(JsonObject obj, TextWriter output, bool headers)
    {
        var table = new TabWriter(minimumWidth: 6, padding: 3);
        if (headers && !_noHeaders)
        {
            table.WriteLine(string.Join('\t', _columns.Select(c => c.Header)));
        }

        foreach (var item in obj["items"] is JsonArray items ? items.OfType<JsonObject>() : [obj])
        {
            table.WriteLine(string.Join('\t', _columns.Select(c => Cell(c.Path, item))));
        }

        output.Write(table.Flush());
    }

    private static string Cell(JsonPathTemplate path, JsonObject item)
    {
        try
        {
            var found = path.Find(item);
            return found.Count == 0 ? "<none>" : string.Join(',', found.Select(Show));
        }
        catch (JsonPathException)
        {
            return "<none>";
        }
    }

    private static string Show(JsonNode? node) => node switch
    {
        null => "<none>",
        JsonObject map => "map[" + string.Join(' ', map.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => $"{p.Key}:{Show(p.Value)}")) + "]",
        JsonArray list => "[" + string.Join(' ', list.Select(Show)) + "]",
        _ => node.Text(),
    };

    private static (string, JsonPathTemplate) Column(string text)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon <= 0)
        {
            throw new CommandException($"unexpected custom-columns spec: {text}, expected <header>:<json-path-expr>");
        }

        try
        {
            return (text[..colon], JsonPathTemplate.Parse(text[(colon + 1)..], relaxed: true));
        }
        catch (JsonPathException e)
        {
            throw new CommandException($"unexpected path string, expected a 'name1.name2' or '.name1.name2' or '{{name1.name2}}' or '{{.name1.name2}}': {e.Message}");
        }
    }
}
