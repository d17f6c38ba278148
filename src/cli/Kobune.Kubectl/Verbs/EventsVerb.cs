using System.Text.Json.Nodes;
using Kobune.Client.Http;
using Kobune.Kubectl.Cluster;
using Kobune.Kubectl.CommandLine;
using Kobune.Kubectl.Describe;
using Kobune.Kubectl.Output;
using Kobune.Kubectl.Text;

namespace Kobune.Kubectl.Verbs;

/// <summary>kubectl events.</summary>
internal static class EventsVerb
{
    public static readonly Command Definition = new("events", "List events")
    {
        Usage = "[(-o|--output=)json|yaml|name] [--for TYPE/NAME] [--watch] [--types=Normal,Warning]",
        Examples = """
            # What happened in this namespace, oldest first
            kubectl events

            # To one pod, and what happens from now on
            kubectl events --for pod/web --watch

            # Only warnings
            kubectl events --types=Warning
            """,
        Flags =
        [
            ResourceFinder.AllNamespaces, Flag.Text("for", "Only of this object: TYPE/NAME."), Flag.Bool("no-headers", "No header line."),
            Flag.List("types", "Only these types: Normal, Warning."), Flag.Bool("watch", "Follow what happens.", 'w'), Flag.Int("chunk-size", "Fetch in pieces.", 500), .. OutputFormat.Flags,
        ],
        Run = RunAsync,
    };

    private static async Task<int> RunAsync(Invocation i)
    {
        var selector = await SelectorAsync(i).ConfigureAwait(false);
        var path = ApiPaths.WithQuery(ApiPaths.Resource("", "v1", "events", i.AllNamespaces ? null : i.Namespace), ("fieldSelector", selector));
        var list = await i.Cluster.ListAsync(path, MediaTypes.Json, i.Flags.Int("chunk-size"), i.Cancellation).ConfigureAwait(false);
        var events = ResourceFinder.ItemsOf(list).Where(e => Wanted(i, e)).OrderBy(EventsTable.Last).ToArray();
        var format = OutputFormat.Of(i);
        if (format.IsObject)
        {
            new ObjectPrinter(i, format).Print(
                new JsonObject { ["apiVersion"] = "v1", ["kind"] = "List", ["metadata"] = new JsonObject(), ["items"] = new JsonArray([.. events.Select(e => e.DeepClone())]) }, i.Out);
            return 0;
        }

        var printer = new TablePrinter(new TableOptions { NoHeaders = i.Flags.Bool("no-headers") });
        if (events.Length == 0 && !i.Flags.Bool("watch"))
        {
            i.Error.WriteLine(i.AllNamespaces ? "No events found." : $"No events found in {i.Namespace} namespace.");
            return 0;
        }

        Print(i, printer, events);
        if (i.Flags.Bool("watch"))
        {
            await i.Out.FlushAsync(i.Cancellation).ConfigureAwait(false);
            var watch = ApiPaths.WithQuery(path, ("watch", "true"), ("resourceVersion", list.Text("metadata", "resourceVersion")));
            await foreach (var (type, e) in i.Cluster.WatchAsync(watch, MediaTypes.Json, i.Cancellation).ConfigureAwait(false))
            {
                if (type is "ADDED" or "MODIFIED" && Wanted(i, e))
                {
                    Print(i, printer, [e]);
                    await i.Out.FlushAsync(i.Cancellation).ConfigureAwait(false);
                }
            }
        }

        return 0;
    }

    private static bool Wanted(Invocation i, JsonObject e) =>
        i.Flags.List("types").Count == 0 || i.Flags.List("types").Contains(e.Text("type"), StringComparer.OrdinalIgnoreCase);

    private static async Task<string?> SelectorAsync(Invocation i)
    {
        if (i.Flags.TextOrNull("for") is not { } reference)
        {
            return null;
        }

        var item = await ResourceArguments.OneAsync(i, [reference]).ConfigureAwait(false);
        return $"involvedObject.kind={item.Mapping.Kind},involvedObject.name={item.Name}";
    }

    private static void Print(Invocation i, TablePrinter printer, IEnumerable<JsonObject> events)
    {
        string[] names = i.AllNamespaces ? ["Namespace", "Last Seen", "Type", "Reason", "Object", "Message"] : ["Last Seen", "Type", "Reason", "Object", "Message"];
        var table = new JsonObject
        {
            ["columnDefinitions"] = new JsonArray([.. names.Select(n => new JsonObject { ["name"] = n })]),
            ["rows"] = new JsonArray([.. events.Select(e =>
            {
                JsonNode?[] cells =
                [
                    EventsTable.Age(e, i.Time), e.Text("type"), e.Text("reason"),
                    $"{e.Text("involvedObject", "kind")}/{e.Text("involvedObject", "name")}", e.Text("message").Trim(),
                ];
                return new JsonObject { ["cells"] = new JsonArray(i.AllNamespaces ? [e.Namespace(), .. cells] : cells) };
            })]),
        };
        printer.Add(table, "events", "event", i.Out);
        printer.Flush(i.Out);
    }
}
