using System.Text.Json.Nodes;
using Kobune.Api;
using Kobune.Client.Http;
using Kobune.Kubectl.Cluster;
using Kobune.Kubectl.CommandLine;
using Kobune.Kubectl.Manifests;
using Kobune.Kubectl.Output;

namespace Kobune.Kubectl.Verbs;

/// <summary>kubectl delete.</summary>
internal static class DeleteVerb
{
    public static readonly Command Definition = new("delete", "Delete resources by file names, stdin, resources and names, or by resources and label selector")
    {
        Usage = "([-f FILENAME] | [-k DIRECTORY] | TYPE [(NAME | -l label | --all)])",
        Long = """
            Delete resources by file names, stdin, resources and names, or by resources and label selector.

             The command waits until the objects are gone: Pods are given time to end (--grace-period), finalizers are to run. --force does not wait for the node and may leave the containers running there for a while: use it only when you know that the node is gone.
            """,
        Examples = """
            # What a file describes
            kubectl delete -f ./pod.yaml

            # A pod and a service by name
            kubectl delete pod/web service/web

            # All pods with a label
            kubectl delete pods -l app=web

            # Without waiting for the containers to end
            kubectl delete pod web --force --grace-period=0
            """,
        Flags =
        [
            Flag.Bool("all", "All objects of the type in the namespace."),
            ResourceFinder.AllNamespaces, ResourceFinder.Filename, ResourceFinder.Recursive, ResourceFinder.Kustomize, ResourceFinder.Selector, ResourceFinder.FieldSelector,
            Flag.Text("cascade", "What happens to dependents: \"background\", \"orphan\" or \"foreground\".", value: "background", noValue: "background"),
            DryRun.Flag,
            Flag.Bool("force", "With a grace period of 0: remove at once, without confirmation that the containers have ended."),
            Flag.Int("grace-period", "Seconds that a Pod has to end; -1 leaves it to the Pod, 1 with --now, 0 only with --force.", -1),
            Flag.Bool("ignore-not-found", "An object that does not exist is no error; with --all always so."),
            Flag.Bool("interactive", "Ask before deleting.", 'i'),
            Flag.Bool("now", "Shut down at once: a grace period of 1."),
            Flag.Text("output", "Print the names only, with -o name.", 'o'),
            Flag.Text("raw", "Path to DELETE on the server as it is."),
            Flag.Duration("timeout", "How long to wait for the objects to be gone; 0 until they are."),
            Flag.Bool("wait", "Wait until the objects are gone.", on: true),
        ],
        Run = RunAsync,
    };

    private static async Task<int> RunAsync(Invocation i)
    {
        if (i.Flags.TextOrNull("raw") is { } raw)
        {
            i.Out.WriteLine(GoJson.Compact(await i.Cluster.SendAsync(HttpMethod.Delete, raw, null, i.Cancellation).ConfigureAwait(false)));
            return 0;
        }

        var grace = GracePeriod(i);
        if (grace == 0 && i.Flags.Bool("force"))
        {
            i.Error.WriteLine("Warning: Immediate deletion does not wait for confirmation that the running resource has been terminated. The resource may continue to run on the cluster indefinitely.");
        }

        var failures = new List<Exception>();
        var items = await SelectAsync(i, failures).ConfigureAwait(false);
        if (items.Count == 0 && failures.Count == 0)
        {
            i.Out.WriteLine("No resources found");
            return 0;
        }

        if (i.Flags.Bool("interactive") && !await ConfirmAsync(i, items).ConfigureAwait(false))
        {
            i.Out.WriteLine("deletion is cancelled");
            return 0;
        }

        var deleted = new List<(ResourceItem Item, string Uid)>();
        foreach (var item in items)
        {
            try
            {
                if (await DeleteAsync(i, item, grace).ConfigureAwait(false) is { } uid)
                {
                    deleted.Add((item, uid));
                }
            }
            catch (KubeStatusException e)
            {
                failures.Add(e);
            }
        }

        await i.Out.FlushAsync(i.Cancellation).ConfigureAwait(false);
        if (i.Flags.Bool("wait") && DryRun.Of(i) == DryRun.None && !(i.Flags.Bool("force") && grace == 0 && !i.Flags.Changed("wait")))
        {
            await WaitAsync(i, deleted).ConfigureAwait(false);
        }

        return failures.Count switch { 0 => 0, 1 => throw failures[0], _ => throw new AggregateException(failures) };
    }

    /// <summary>The grace period to send: null leaves it to the object.</summary>
    private static int? GracePeriod(Invocation i)
    {
        var grace = i.Flags.Int("grace-period");
        if (i.Flags.Bool("now"))
        {
            return grace == -1 ? 1 : throw new CommandException("--now and --grace-period cannot be specified together");
        }

        if (i.Flags.Bool("force"))
        {
            return grace < 0 ? 0 : grace;
        }

        // Without --force a Pod is still to be confirmed as gone, so 0 becomes the shortest real period.
        return grace switch { < 0 => null, 0 => 1, _ => grace };
    }

    private static async Task<IReadOnlyList<ResourceItem>> SelectAsync(Invocation i, List<Exception> failures)
    {
        if (i.Flags.List("filename").Count > 0 || i.Flags.TextOrNull("kustomize") is not null)
        {
            return await ManifestReader.ReadItemsAsync(i).ConfigureAwait(false);
        }

        if (i.Arguments.Count == 0)
        {
            throw new CommandException(
                "You must provide one or more resources by argument or filename.\nExample resource specifications include:\n" +
                "   '-f rsrc.yaml'\n   '--filename=rsrc.json'\n   '<resource> <name>'\n   '<resource>'");
        }

        var some = i.Flags.Bool("all") || (i.Flags.TextOrNull("selector") ?? i.Flags.TextOrNull("field-selector")) is not null;
        if (i.Flags.Bool("all") && i.Flags.TextOrNull("selector") is not null)
        {
            throw new CommandException("cannot set --all and --selector at the same time");
        }

        var selection = await ResourceArguments.ReadAsync(i, i.Arguments, namesRequired: !some).ConfigureAwait(false);
        if (selection.Named.Count > 0 && some)
        {
            throw new CommandException(i.Flags.Bool("all") ? "name cannot be provided when --all is specified" : "name cannot be provided when a selector is specified");
        }

        var items = selection.Named.Select(n => new ResourceItem(n.Mapping, n.Mapping.Namespaced ? i.Namespace : null, n.Name)).ToList();
        foreach (var mapping in selection.Lists)
        {
            items.AddRange(await ResourceFinder.ListAsync(i, mapping).ConfigureAwait(false));
        }

        return items;
    }

    private static async Task<bool> ConfirmAsync(Invocation i, IReadOnlyList<ResourceItem> items)
    {
        i.Out.WriteLine($"You are about to delete the following {items.Count} resource(s):");
        foreach (var item in items)
        {
            i.Out.WriteLine(item.Reference);
        }

        i.Out.Write("Do you want to continue? (y/N): ");
        await i.Out.FlushAsync(i.Cancellation).ConfigureAwait(false);
        using var reader = new StreamReader(i.Console.Input, leaveOpen: true);
        return (await reader.ReadLineAsync(i.Cancellation).ConfigureAwait(false))?.Trim() is "y" or "Y";
    }

    /// <returns>The uid of what is being deleted, to wait for; null when it did not exist and that is no error.</returns>
    private static async Task<string?> DeleteAsync(Invocation i, ResourceItem item, int? grace)
    {
        var policy = i.Flags.Text("cascade") switch
        {
            "background" or "true" => "Background",
            "foreground" => "Foreground",
            "orphan" or "false" => "Orphan",
            var other => throw new CommandException($"invalid cascade value ({other}). Must be \"background\", \"foreground\", or \"orphan\""),
        };
        var options = new JsonObject { ["kind"] = "DeleteOptions", ["apiVersion"] = "v1", ["propagationPolicy"] = policy };
        if (grace is not null)
        {
            options["gracePeriodSeconds"] = grace;
        }

        if (DryRun.Of(i) == DryRun.Server)
        {
            options["dryRun"] = new JsonArray("All");
        }

        JsonObject answer = [];
        try
        {
            answer = DryRun.Of(i) == DryRun.Client
                ? await i.Cluster.GetAsync(item.Path, i.Cancellation).ConfigureAwait(false)
                : await i.Cluster.SendAsync(HttpMethod.Delete, item.Path, options, i.Cancellation).ConfigureAwait(false);
        }
        catch (KubeStatusException e) when (e.Status.Code == 404 && (i.Flags.Bool("ignore-not-found") || i.Flags.Bool("all")))
        {
            return null;
        }

        var force = i.Flags.Bool("force") && grace == 0 ? " force" : "";
        i.Out.WriteLine(i.Flags.Text("output") == "name"
            ? item.Reference
            : $"{item.Mapping.QualifiedSingular} {GoText.Quote(item.Name)}{force} deleted{From(item)}{DryRun.Suffix(i)}");
        return answer.Text("kind") == "Status" ? answer.Text("details", "uid") : answer.Text("metadata", "uid");
    }

    private static string From(ResourceItem item) => item.Namespace is { Length: > 0 } ns ? $" from {ns} namespace" : "";

    /// <summary>Waits until each object is gone or another one has its name.</summary>
    private static async Task WaitAsync(Invocation i, IReadOnlyList<(ResourceItem Item, string Uid)> deleted)
    {
        var timeout = i.Flags.Duration("timeout");
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(i.Cancellation);
        if (timeout > TimeSpan.Zero)
        {
            limit.CancelAfter(timeout);
        }

        try
        {
            foreach (var (item, uid) in deleted)
            {
                await ObjectWatch.UntilAsync(i, item.Mapping, item.Namespace, item.Name, obj => obj is null || (uid.Length > 0 && obj.Text("metadata", "uid") != uid), limit.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (!i.Cancellation.IsCancellationRequested)
        {
            var (item, _) = deleted[^1];
            throw new CommandException($"timed out waiting for the condition on {item.Mapping.Plural}/{item.Name}");
        }
    }
}
