using System.Text.Json.Nodes;
using Kobune.Client.Http;
using Kobune.Kubectl.Cluster;
using Kobune.Kubectl.CommandLine;
using Kobune.Kubectl.Output;

namespace Kobune.Kubectl.Verbs;

/// <summary>kubectl scale.</summary>
internal static class ScaleVerb
{
    public static readonly Command Definition = new("scale", "Set a new size for a deployment, replica set, or replication controller")
    {
        Usage = "[--resource-version=version] [--current-replicas=count] --replicas=COUNT (-f FILENAME | TYPE NAME)",
        Examples = """
            # Three replicas
            kubectl scale --replicas=3 deployment/web

            # Only when there are two now
            kubectl scale --current-replicas=2 --replicas=3 deployment/web
            """,
        Flags =
        [
            Flag.Bool("all", "All objects of the type in the namespace."), .. ResourceFinder.Flags, DryRun.Flag,
            Flag.Int("current-replicas", "Only when this is the size now; -1 does not ask.", -1),
            Flag.Int("replicas", "The new size. Required.", 0),
            Flag.Text("resource-version", "Only when the object has this version."),
            Flag.Duration("timeout", "How long to wait until the size is reached; 0 does not wait."),
            .. OutputFormat.Flags,
        ],
        Run = RunAsync,
    };

    private static async Task<int> RunAsync(Invocation i)
    {
        if (!i.Flags.Changed("replicas"))
        {
            throw new CommandException("required flag(s) \"replicas\" not set");
        }

        var replicas = i.Flags.Int("replicas");
        if (replicas < 0)
        {
            throw new CommandException($"The --replicas=COUNT flag is required, and COUNT must be greater than or equal to 0");
        }

        var items = await ResourceFinder.FindAsync(i, i.Arguments).ConfigureAwait(false);
        if (items.Count == 0)
        {
            throw new CommandException("no objects passed to scale");
        }

        var reporter = new ResultReporter(i);
        foreach (var item in items)
        {
            var current = i.Flags.Int("current-replicas");
            if (current >= 0 && item.Object!.Long("spec", "replicas") != current)
            {
                throw new CommandException($"Expected replicas to be {current}, was {item.Object!.Long("spec", "replicas")}");
            }

            var result = item.Object!;
            if (DryRun.Of(i) != DryRun.Client)
            {
                var path = ApiPaths.WithQuery(item.Mapping.Path(item.Namespace, item.Name, "scale"), ("dryRun", DryRun.Query(i)), ("fieldManager", "kubectl-scale"));
                await i.Cluster.SendAsync(
                    HttpMethod.Patch, path, new JsonObject { ["spec"] = new JsonObject { ["replicas"] = replicas } }, i.Cancellation, MediaTypes.MergePatch).ConfigureAwait(false);
                await WaitAsync(i, item, replicas).ConfigureAwait(false);
                result = i.Flags.TextOrNull("output") is null ? result : await i.Cluster.GetAsync(item.Path, i.Cancellation).ConfigureAwait(false);
            }

            reporter.Report(item, "scaled", result);
        }

        reporter.Finish();
        return 0;
    }

    private static async Task WaitAsync(Invocation i, ResourceItem item, int replicas)
    {
        var timeout = i.Flags.Duration("timeout");
        if (timeout <= TimeSpan.Zero)
        {
            return;
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(i.Cancellation);
        limit.CancelAfter(timeout);
        try
        {
            await ObjectWatch.UntilAsync(i, item.Mapping, item.Namespace, item.Name, o => o is null || o.Long("status", "replicas") == replicas, limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!i.Cancellation.IsCancellationRequested)
        {
            throw new CommandException("timed out waiting for the condition");
        }
    }
}
