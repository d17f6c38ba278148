using System.Globalization;
using System.Text.Json.Nodes;
using Kobune.Client.Http;
using Kobune.Client.Yaml;
using Kobune.Kubectl.Cluster;
using Kobune.Kubectl.CommandLine;
using Kobune.Kubectl.Describe;
using Kobune.Kubectl.Output;
using Kobune.Kubectl.Text;

namespace Kobune.Kubectl.Verbs;

/// <summary>kubectl rollout: status, history, undo, restart, pause, resume.</summary>
internal static class RolloutVerb
{
    private static readonly IReadOnlyList<Flag> Common = [.. ResourceFinder.Flags, Flag.Text("field-manager", "Name under which the fields are owned.", value: "kubectl-rollout"), .. OutputFormat.Flags];

    public static readonly Command Definition = new("rollout", "Manage the rollout of a resource")
    {
        Long = "Manage the rollout of one or many deployments, daemon sets and stateful sets.",
        Examples = """
            # Go back to the revision before
            kubectl rollout undo deployment/web

            # Wait until a rollout is through
            kubectl rollout status deployment/web
            """,
        Commands =
        [
            new("history", "View rollout history")
            {
                Usage = "(TYPE NAME | TYPE/NAME) [flags]",
                Examples = "# The revisions\nkubectl rollout history deployment/web\n\n# One of them in detail\nkubectl rollout history deployment/web --revision=3",
                Flags = [Flag.Int("revision", "Show this revision in detail.", 0), .. Common],
                Run = RolloutHistory.RunAsync,
            },
            new("pause", "Mark the provided resource as paused")
            {
                Usage = "RESOURCE",
                Examples = "# Changes of the template have no effect until it is resumed\nkubectl rollout pause deployment/web",
                Flags = Common,
                Run = i => PauseAsync(i, pause: true),
            },
            new("restart", "Restart a resource")
            {
                Usage = "RESOURCE",
                Examples = "# Replace the pods, a few at a time\nkubectl rollout restart deployment/web",
                Flags = Common,
                Run = RestartAsync,
            },
            new("resume", "Resume a paused resource")
            {
                Usage = "RESOURCE",
                Examples = "# Let it go on\nkubectl rollout resume deployment/web",
                Flags = Common,
                Run = i => PauseAsync(i, pause: false),
            },
            new("status", "Show the status of the rollout")
            {
                Usage = "(TYPE NAME | TYPE/NAME) [flags]",
                Examples = "# Wait until it is through\nkubectl rollout status deployment/web",
                Flags = [.. ResourceFinder.Flags, Flag.Int("revision", "Only this revision.", 0), Flag.Duration("timeout", "How long to wait; 0 without end."), Flag.Bool("watch", "Wait until it is through.", 'w', on: true)],
                Run = RolloutStatus.RunAsync,
            },
            new("undo", "Undo a previous rollout")
            {
                Usage = "(TYPE NAME | TYPE/NAME) [flags]",
                Examples = "# To the revision before\nkubectl rollout undo deployment/web\n\n# To a certain one\nkubectl rollout undo deployment/web --to-revision=3",
                Flags = [DryRun.Flag, Flag.Int("to-revision", "The revision; 0 is the one before.", 0), .. Common],
                Run = RolloutHistory.UndoAsync,
            },
        ],
    };

    private static async Task<int> PauseAsync(Invocation i, bool pause)
    {
        var reporter = new ResultReporter(i);
        foreach (var item in await FindAsync(i).ConfigureAwait(false))
        {
            if (item.Mapping.Kind != "Deployment")
            {
                throw new CommandException($"{item.Mapping.Plural} {GoText.Quote(item.Name)} {(pause ? "pausing" : "resuming")} is not supported");
            }

            if (item.Object!.Bool("spec", "paused") == pause)
            {
                throw new CommandException($"{item.Mapping.QualifiedPlural} {GoText.Quote(item.Name)} {(pause ? "is already paused" : "is not paused")}");
            }

            var changed = (JsonObject)item.Object!.DeepClone();
            if (pause)
            {
                changed.Ensure("spec")["paused"] = true;
            }
            else
            {
                changed.Ensure("spec").Remove("paused");
            }

            reporter.Report(item, pause ? "paused" : "resumed", await ObjectEditor.SaveAsync(i, item, changed, "kubectl-rollout").ConfigureAwait(false) ?? changed);
        }

        reporter.Finish();
        return 0;
    }

    private static async Task<int> RestartAsync(Invocation i)
    {
        var reporter = new ResultReporter(i);
        foreach (var item in await FindAsync(i).ConfigureAwait(false))
        {
            if (item.Mapping.Kind is not ("Deployment" or "StatefulSet" or "DaemonSet"))
            {
                throw new CommandException($"{item.Mapping.Plural} {GoText.Quote(item.Name)} restarting is not supported");
            }

            if (item.Object!.Bool("spec", "paused"))
            {
                throw new CommandException($"can't restart paused deployment (run rollout resume first)");
            }

            var changed = (JsonObject)item.Object!.DeepClone();
            changed.Ensure("spec", "template", "metadata", "annotations")["kubectl.kubernetes.io/restartedAt"] =
                i.Time.GetLocalNow().ToString("yyyy-MM-dd'T'HH:mm:ssK", CultureInfo.InvariantCulture).Replace("+00:00", "Z", StringComparison.Ordinal);
            reporter.Report(item, "restarted", await ObjectEditor.SaveAsync(i, item, changed, "kubectl-rollout").ConfigureAwait(false) ?? changed);
        }

        reporter.Finish();
        return 0;
    }

    internal static async Task<IReadOnlyList<ResourceItem>> FindAsync(Invocation i)
    {
        if (i.Arguments.Count == 0 && i.Flags.List("filename").Count == 0 && i.Flags.TextOrNull("kustomize") is null)
        {
            throw new CommandException("required resource not specified");
        }

        var typeOnly = i.Arguments.Count == 1 && !i.Arguments[0].Contains('/', StringComparison.Ordinal) && i.Flags.TextOrNull("selector") is null;
        if (!typeOnly)
        {
            return await ResourceFinder.FindAsync(i, i.Arguments).ConfigureAwait(false);
        }

        var mapping = await i.Cluster.Mapper.ByArgumentAsync(i.Arguments[0], i.Cancellation).ConfigureAwait(false);
        return await ResourceFinder.ListAsync(i, mapping).ConfigureAwait(false);
    }
}
