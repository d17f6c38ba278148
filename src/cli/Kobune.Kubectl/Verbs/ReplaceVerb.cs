using System.Text.Json.Nodes;
using Kobune.Client.Http;
using Kobune.Kubectl.Cluster;
using Kobune.Kubectl.CommandLine;
using Kobune.Kubectl.Manifests;
using Kobune.Kubectl.Output;

namespace Kobune.Kubectl.Verbs;

/// <summary>kubectl replace.</summary>
internal static class ReplaceVerb
{
    public static readonly Command Definition = new("replace", "Replace a resource by file name or stdin")
    {
        Usage = "-f FILENAME",
        Examples = """
            # With what a file says
            kubectl replace -f ./pod.json

            # Delete it and create it anew
            kubectl replace --force -f ./pod.json
            """,
        Flags =
        [
            ResourceFinder.Filename, ResourceFinder.Recursive, ResourceFinder.Kustomize, DryRun.Flag, Validation.Flag,
            Flag.Text("cascade", "What happens to dependents when --force deletes.", value: "background", noValue: "background"),
            Flag.Text("field-manager", "Name under which the fields are owned.", value: "kubectl-replace"),
            Flag.Bool("force", "Delete and create."),
            Flag.Int("grace-period", "Seconds for --force's deletion.", -1),
            Flag.Bool("save-config", "Remember the manifest for apply."),
            Flag.Text("subresource", "Replace this subresource: status, scale."),
            Flag.Duration("timeout", "With --force: how long to wait for the deletion."),
            Flag.Bool("wait", "With --force: wait for the deletion."),
            .. OutputFormat.Flags,
        ],
        Run = RunAsync,
    };

    private static async Task<int> RunAsync(Invocation i)
    {
        if (i.Flags.List("filename").Count == 0 && i.Flags.TextOrNull("kustomize") is null)
        {
            throw new CommandException("must specify --filename to replace");
        }

        var reporter = new ResultReporter(i);
        foreach (var item in await ManifestReader.ReadItemsAsync(i).ConfigureAwait(false))
        {
            var body = i.Flags.Bool("save-config") ? Patching.LastApplied.Annotate(item.Object!) : item.Object!;
            if (i.Flags.Bool("force"))
            {
                await RecreateAsync(i, item).ConfigureAwait(false);
                reporter.Report(item, "replaced", await SendAsync(i, item, HttpMethod.Post, item.Mapping.Path(item.Namespace), body).ConfigureAwait(false));
                continue;
            }

            if (DryRun.Of(i) == DryRun.Client)
            {
                reporter.Report(item, "replaced", body);
                continue;
            }

            var path = item.Mapping.Path(item.Namespace, item.Name, i.Flags.TextOrNull("subresource"));
            reporter.Report(item, "replaced", await SendAsync(i, item, HttpMethod.Put, path, body).ConfigureAwait(false));
        }

        reporter.Finish();
        return 0;
    }

    private static Task<JsonObject> SendAsync(Invocation i, ResourceItem item, HttpMethod method, string path, JsonObject body) =>
        ResourceFinder.WithSourceAsync("replacing", item.Source, () => i.Cluster.SendAsync(
            method, ApiPaths.WithQuery(path, ("fieldManager", i.Flags.Text("field-manager")), ("dryRun", DryRun.Query(i)), ("fieldValidation", Validation.Of(i))), body, i.Cancellation));

    private static async Task RecreateAsync(Invocation i, ResourceItem item)
    {
        var grace = i.Flags.Int("grace-period");
        var options = new JsonObject { ["propagationPolicy"] = "Background" };
        if (grace >= 0)
        {
            options["gracePeriodSeconds"] = grace;
        }

        if (await i.Cluster.TryGetAsync(item.Path, i.Cancellation).ConfigureAwait(false) is null)
        {
            return;
        }

        await i.Cluster.SendAsync(HttpMethod.Delete, item.Path, options, i.Cancellation).ConfigureAwait(false);
        i.Out.WriteLine($"{item.Mapping.QualifiedSingular} {GoText.Quote(item.Name)} deleted{(item.Namespace is { Length: > 0 } ns ? $" from {ns} namespace" : "")}");
        await ObjectWatch.UntilAsync(i, item.Mapping, item.Namespace, item.Name, o => o is null, i.Cancellation).ConfigureAwait(false);
    }
}
