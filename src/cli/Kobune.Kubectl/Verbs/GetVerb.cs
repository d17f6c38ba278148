using System.Text.Json.Nodes;
using Kobune.Api;
using Kobune.Client.Http;
using Kobune.Kubectl.Cluster;
using Kobune.Kubectl.CommandLine;
using Kobune.Kubectl.Manifests;
using Kobune.Kubectl.Output;

namespace Kobune.Kubectl.Verbs;

/// <summary>kubectl get.</summary>
internal static class GetVerb
{
    public static readonly Command Definition = new("get", "Display one or many resources")
    {
        Usage = "[(-o|--output=)json|yaml|name|wide|jsonpath=...|custom-columns=...|go-template=...] (TYPE[.VERSION][.GROUP] [NAME | -l label] | TYPE[.VERSION][.GROUP]/NAME ...) [flags] [options]",
        Long = """
            Display one or many resources.

             Without -o you see a table of what matters most. With a type alone you see every object of it in the current namespace; add names, or -l and --field-selector, to see fewer, -A to see all namespaces.

            "kubectl api-resources" lists the types.
            """,
        Examples = """
            # The pods of the current namespace
            kubectl get pods

            # With node and address
            kubectl get pods -o wide

            # One deployment as YAML
            kubectl get deployment web -o yaml

            # Pods and services together, in all namespaces
            kubectl get pods,services -A

            # Follow what happens to the pods of an application
            kubectl get pods -l app=web -w

            # One field only
            kubectl get pod web-0 -o jsonpath='{.status.podIP}'

            # Columns of your own
            kubectl get pods -o custom-columns=NAME:.metadata.name,IMAGE:.spec.containers[0].image
            """,
        Flags =
        [
            ResourceFinder.AllNamespaces, ResourceFinder.Filename, ResourceFinder.Recursive, ResourceFinder.Kustomize,
            ResourceFinder.Selector, ResourceFinder.FieldSelector,
            Flag.Int("chunk-size", "Fetch long lists in pieces of this size; 0 fetches them at once.", 500),
            Flag.Bool("ignore-not-found", "An object that does not exist is no error."),
            Flag.List("label-columns", "Labels to show as columns.", 'L'),
            Flag.Bool("no-headers", "No header line."),
            Flag.Bool("output-watch-events", "With -w or --watch-only: show the kind of each event."),
            Flag.Text("raw", "Path to fetch from the server as it is."),
            Flag.Bool("server-print", "Let the server choose the columns.", on: true),
            Flag.Bool("show-kind", "Show each object's type before its name."),
            Flag.Bool("show-labels", "Show all labels in the last column."),
            Flag.Text("sort-by", "JSONPath of the field to sort by, such as '{.metadata.name}'."),
            Flag.Text("subresource", "Show this subresource instead: status, scale."),
            Flag.Bool("watch", "After listing, follow the changes.", 'w'),
            Flag.Bool("watch-only", "Follow the changes without listing first."),
            .. OutputFormat.Flags,
        ],
        Run = RunAsync,
    };

    private static async Task<int> RunAsync(Invocation i)
    {
        if (i.Flags.TextOrNull("raw") is { } raw)
        {
            i.Out.Write(await i.Cluster.TextAsync(raw, i.Cancellation).ConfigureAwait(false));
            return 0;
        }

        var format = OutputFormat.Of(i);
        var targets = await GetTargets.OfAsync(i).ConfigureAwait(false);
        if (i.Flags.Bool("watch") || i.Flags.Bool("watch-only"))
        {
            return await GetWatch.RunAsync(i, format, targets).ConfigureAwait(false);
        }

        return format.IsObject
            ? await PrintObjectsAsync(i, format, targets).ConfigureAwait(false)
            : await PrintTablesAsync(i, format, targets).ConfigureAwait(false);
    }

    internal static TableOptions TableOptions(Invocation i, OutputFormat format, GetTargets targets) => new()
    {
        Wide = format.IsWide,
        NoHeaders = i.Flags.Bool("no-headers"),
        WithNamespace = i.AllNamespaces,
        WithKind = i.Flags.Bool("show-kind") || targets.ResourceCount > 1,
        ShowLabels = i.Flags.Bool("show-labels"),
        LabelColumns = i.Flags.List("label-columns"),
        WithEventType = i.Flags.Bool("output-watch-events"),
    };

    private static async Task<int> PrintTablesAsync(Invocation i, OutputFormat format, GetTargets targets)
    {
        var printer = new TablePrinter(TableOptions(i, format, targets));
        var failures = new List<Exception>();
        var rows = 0;
        foreach (var target in targets.All)
        {
            if (await FetchAsync(i, target, TableAccept, failures).ConfigureAwait(false) is not { } answer)
            {
                continue;
            }

            var table = LocalTable.From(answer, i.Time);
            if (i.Flags.TextOrNull("sort-by") is { } sortBy)
            {
                Sorter.SortRows(table, sortBy);
            }

            rows += table.Items("rows").Count;
            printer.Add(table, target.Mapping.QualifiedPlural, target.Mapping.QualifiedSingular, i.Out);
        }

        printer.Flush(i.Out);
        if (rows == 0 && failures.Count == 0 && !i.Flags.Bool("ignore-not-found"))
        {
            i.Out.Flush();
            i.Error.WriteLine(NothingFound(i, targets));
        }

        return Finish(failures);
    }

    internal static string NothingFound(Invocation i, GetTargets targets) =>
        i.AllNamespaces || targets.All.Any(t => !t.Mapping.Namespaced) ? "No resources found" : $"No resources found in {i.Namespace} namespace.";

    private static async Task<int> PrintObjectsAsync(Invocation i, OutputFormat format, GetTargets targets)
    {
        var failures = new List<Exception>();
        var objects = new List<JsonObject>();
        var single = targets.IsSingle;
        foreach (var target in targets.All)
        {
            if (await FetchAsync(i, target, MediaTypes.Json, failures).ConfigureAwait(false) is not { } answer)
            {
                continue;
            }

            if (target.Name is null)
            {
                objects.AddRange(ResourceFinder.ItemsOf(answer));
            }
            else
            {
                objects.Add(answer);
            }
        }

        if (i.Flags.TextOrNull("sort-by") is { } sortBy)
        {
            objects = Sorter.Sort(objects, sortBy);
        }

        var printer = new ObjectPrinter(i, format);
        if (single)
        {
            foreach (var obj in objects)
            {
                printer.Print(obj, i.Out);
            }
        }
        else if (failures.Count == 0 || objects.Count > 0)
        {
            printer.Print(ListOf(objects), i.Out);
        }

        return Finish(failures);
    }

    private static JsonObject ListOf(IEnumerable<JsonObject> objects) => new()
    {
        ["apiVersion"] = "v1",
        ["items"] = new JsonArray([.. objects.Select(o => o.Parent is null ? o : o.DeepClone())]),
        ["kind"] = "List",
        ["metadata"] = new JsonObject { ["resourceVersion"] = "" },
    };

    private static string TableAccept => MediaTypes.Table;

    private static async Task<JsonObject?> FetchAsync(Invocation i, GetTarget target, string accept, List<Exception> failures)
    {
        try
        {
            var path = target.Path(i);
            if (accept == MediaTypes.Table && i.Flags.TextOrNull("sort-by") is not null)
            {
                path = ApiPaths.WithQuery(path, ("includeObject", "Object"));
            }

            return target.Name is null
                ? await i.Cluster.ListAsync(path, accept, i.Flags.Int("chunk-size"), i.Cancellation).ConfigureAwait(false)
                : await i.Cluster.GetAsync(path, accept, i.Cancellation).ConfigureAwait(false);
        }
        catch (KubeStatusException e) when (e.Status.Code == 404 && i.Flags.Bool("ignore-not-found"))
        {
            return null;
        }
        catch (KubeStatusException e)
        {
            failures.Add(e);
            return null;
        }
    }

    private static int Finish(List<Exception> failures) => failures.Count switch
    {
        0 => 0,
        1 => throw failures[0],
        _ => throw new AggregateException(failures),
    };
}
