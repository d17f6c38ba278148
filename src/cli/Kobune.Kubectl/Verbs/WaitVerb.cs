using System.Text.Json.Nodes;
using Kobune.Api.JsonPaths;
using Kobune.Client.Http;
using Kobune.Kubectl.Cluster;
using Kobune.Kubectl.CommandLine;
using Kobune.Kubectl.Output;

namespace Kobune.Kubectl.Verbs;

/// <summary>kubectl wait.</summary>
internal static class WaitVerb
{
    public static readonly Command Definition = new("wait", "Experimental: Wait for a specific condition on one or many resources")
    {
        Usage = "([-f FILENAME] | resource.group/resource.name | resource.group [(-l label | --all)]) [--for=create|--for=delete|--for condition=available|--for=jsonpath='{}'[=value]]",
        Examples = """
            # Until a pod is ready
            kubectl wait --for=condition=Ready pod/web

            # Until a field has a value
            kubectl wait --for=jsonpath='{.status.phase}'=Running pod/web

            # Until it is gone, for at most a minute
            kubectl wait --for=delete pod/web --timeout=60s
            """,
        Flags =
        [
            Flag.Bool("all", "All objects of the type in the namespace."), ResourceFinder.AllNamespaces, ResourceFinder.FieldSelector, .. ResourceFinder.Flags,
            Flag.Text("for", "What to wait for: [create|delete|condition=name[=value]|jsonpath='{…}'[=value]]."),
            Flag.Bool("local", "Do not talk to the server."),
            Flag.Duration("timeout", "How long to wait. 0 looks once, negative waits a week.", "30s"),
            .. OutputFormat.Flags,
        ],
        Run = RunAsync,
    };

    private static async Task<int> RunAsync(Invocation i)
    {
        var condition = i.Flags.TextOrNull("for") ?? throw new CommandException("--for must be specified");
        var timeout = i.Flags.Duration("timeout");
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(i.Cancellation);
        limit.CancelAfter(timeout < TimeSpan.Zero ? TimeSpan.FromDays(7) : timeout == TimeSpan.Zero ? TimeSpan.FromSeconds(1) : timeout);
        var reporter = new ResultReporter(i);
        var items = await TargetsAsync(i, condition).ConfigureAwait(false);
        if (items.Count == 0)
        {
            throw new CommandException("no matching resources found");
        }

        var failures = new List<string>();
        foreach (var item in items)
        {
            try
            {
                // What is not there needs no word that it has gone.
                if (condition == "delete" && item.Object is null && await i.Cluster.TryGetAsync(item.Path, limit.Token).ConfigureAwait(false) is null)
                {
                    continue;
                }

                var result = await ForAsync(i, item, condition, limit.Token).ConfigureAwait(false);
                reporter.Report(item, condition == "delete" ? "deleted" : condition == "create" ? "created" : "condition met", result ?? item.Object ?? []);
            }
            catch (OperationCanceledException) when (!i.Cancellation.IsCancellationRequested)
            {
                failures.Add($"timed out waiting for the condition on {item.Mapping.Plural}/{item.Name}");
            }
        }

        reporter.Finish();
        await i.Out.FlushAsync(i.Cancellation).ConfigureAwait(false);
        return failures.Count == 0 ? 0 : throw new CommandException(string.Join("\nerror: ", failures));
    }

    private static async Task<IReadOnlyList<ResourceItem>> TargetsAsync(Invocation i, string condition)
    {
        if (condition is not ("delete" or "create") || i.Flags.List("filename").Count > 0)
        {
            return i.Flags.List("filename").Count > 0 && condition is "delete" or "create"
                ? await Manifests.ManifestReader.ReadItemsAsync(i).ConfigureAwait(false)
                : await ResourceFinder.FindAsync(i, i.Arguments).ConfigureAwait(false);
        }

        var some = i.Flags.Bool("all") || (i.Flags.TextOrNull("selector") ?? i.Flags.TextOrNull("field-selector")) is not null;
        var selection = await ResourceArguments.ReadAsync(i, i.Arguments, namesRequired: !some).ConfigureAwait(false);
        var items = selection.Named.Select(n => new ResourceItem(n.Mapping, n.Mapping.Namespaced ? i.Namespace : null, n.Name)).ToList();
        foreach (var mapping in selection.Lists)
        {
            items.AddRange(await ResourceFinder.ListAsync(i, mapping).ConfigureAwait(false));
        }

        return items;
    }

    private static Task<JsonObject?> ForAsync(Invocation i, ResourceItem item, string condition, CancellationToken cancellation)
    {
        var uid = item.Object?.Text("metadata", "uid");
        Func<JsonObject?, bool> done = condition switch
        {
            "delete" => o => o is null || (uid is { Length: > 0 } && o.Text("metadata", "uid") != uid),
            "create" => o => o is not null,
            _ when condition.StartsWith("condition=", StringComparison.Ordinal) => Condition(condition["condition=".Length..]),
            _ when condition.StartsWith("jsonpath=", StringComparison.Ordinal) => Path(condition["jsonpath=".Length..]),
            _ => throw new CommandException($"unrecognized condition: {GoText.Quote(condition)}"),
        };
        return ObjectWatch.UntilAsync(i, item.Mapping, item.Namespace, item.Name, done, cancellation);
    }

    private static Func<JsonObject?, bool> Condition(string text)
    {
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        var (name, value) = equals < 0 ? (text, "true") : (text[..equals], text[(equals + 1)..]);
        return o => o is not null && o.Objects("status", "conditions").Any(c =>
            c.Text("type").Equals(name, StringComparison.OrdinalIgnoreCase) && c.Text("status").Equals(value, StringComparison.OrdinalIgnoreCase)
            && (c.LongOrNull("observedGeneration") is not { } seen || seen >= o.Long("metadata", "generation")))
            && (o.LongOrNull("status", "observedGeneration") is not { } observed || observed >= o.Long("metadata", "generation"));
    }

    private static Func<JsonObject?, bool> Path(string text)
    {
        text = text.Trim('\'');
        var close = text.LastIndexOf('}');
        var (expression, value) = close >= 0 && close + 1 < text.Length && text[close + 1] == '='
            ? (text[..(close + 1)], text[(close + 2)..].Trim('\'', '"'))
            : close < 0 && text.IndexOf('=', StringComparison.Ordinal) is var at and > 0 ? (text[..at], text[(at + 1)..]) : (text, null);
        var path = JsonPathTemplate.Parse(expression, relaxed: true);
        return o =>
        {
            if (o is null)
            {
                return false;
            }

            try
            {
                var found = path.Find(o);
                return found.Count > 0 && (value is null || (found.Count == 1 && found[0].Text() == value));
            }
            catch (JsonPathException)
            {
                return false;
            }
        };
    }
}
