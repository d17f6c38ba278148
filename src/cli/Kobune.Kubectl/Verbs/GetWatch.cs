using System.Text.Json.Nodes;
using Kobune.Client.Http;
using Kobune.Kubectl.Cluster;
using Kobune.Kubectl.CommandLine;
using Kobune.Kubectl.Output;

namespace Kobune.Kubectl.Verbs;

/// <summary>kubectl get -w: the list, then each change as it comes, until the server or the user ends it.</summary>
internal static class GetWatch
{
    public static async Task<int> RunAsync(Invocation i, OutputFormat format, GetTargets targets)
    {
        if (targets.All.Count != 1)
        {
            throw new CommandException("watch is only supported on individual resources and resource collections - more than 1 resource was found");
        }

        var target = targets.All[0];
        var accept = format.IsObject ? MediaTypes.Json : MediaTypes.Table;
        var tables = new TablePrinter(GetVerb.TableOptions(i, format, targets));
        var objects = format.IsObject ? new ObjectPrinter(i, format) : null;
        var path = target.WatchPath(i);
        var list = await i.Cluster.ListAsync(path, accept, 0, i.Cancellation).ConfigureAwait(false);
        if (target.Name is not null && Count(list) == 0 && !i.Flags.Bool("watch-only"))
        {
            await i.Cluster.GetAsync(target.Path(i), i.Cancellation).ConfigureAwait(false);
        }

        if (!i.Flags.Bool("watch-only"))
        {
            PrintList(i, list, target, tables, objects);
        }
        else
        {
            list["rows"] = new JsonArray();
            PrintList(i, list, target, tables, objects: null, columnsOnly: true);
        }

        await i.Out.FlushAsync(i.Cancellation).ConfigureAwait(false);
        var watch = ApiPaths.WithQuery(path, ("watch", "true"), ("resourceVersion", list.Text("metadata", "resourceVersion")));
        await foreach (var (type, obj) in i.Cluster.WatchAsync(watch, accept, i.Cancellation).ConfigureAwait(false))
        {
            Print(i, type, obj, target, tables, objects);
            await i.Out.FlushAsync(i.Cancellation).ConfigureAwait(false);
        }

        return 0;
    }

    private static int Count(JsonObject list) => list.Items("rows").Count + list.Items("items").Count;

    private static void PrintList(Invocation i, JsonObject list, GetTarget target, TablePrinter tables, ObjectPrinter? objects, bool columnsOnly = false)
    {
        if (objects is null)
        {
            tables.Add(columnsOnly ? list : LocalTable.From(list, i.Time), target.Mapping.QualifiedPlural, target.Mapping.QualifiedSingular, i.Out, "ADDED");
            tables.Flush(i.Out);
            return;
        }

        foreach (var item in ResourceFinder.ItemsOf(list))
        {
            PrintObject(i, objects, "ADDED", item);
        }
    }

    private static void Print(Invocation i, string type, JsonObject obj, GetTarget target, TablePrinter tables, ObjectPrinter? objects)
    {
        if (type == "BOOKMARK")
        {
            return;
        }

        if (type == "ERROR")
        {
            throw new CommandException(obj.Text("message"));
        }

        if (objects is not null)
        {
            PrintObject(i, objects, type, obj);
            return;
        }

        tables.Add(LocalTable.From(obj, i.Time), target.Mapping.QualifiedPlural, target.Mapping.QualifiedSingular, i.Out, type);
        tables.Flush(i.Out);
    }

    private static void PrintObject(Invocation i, ObjectPrinter printer, string type, JsonObject obj) =>
        printer.Print(i.Flags.Bool("output-watch-events") ? new JsonObject { ["type"] = type, ["object"] = obj.DeepClone() } : obj, i.Out);
}
