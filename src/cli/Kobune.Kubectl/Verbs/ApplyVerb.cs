using System.Text.Json.Nodes;
using Kobune.Api;
using Kobune.Api.Patching;
using Kobune.Client.Http;
using Kobune.Client.Yaml;
using Kobune.Kubectl.Cluster;
using Kobune.Kubectl.CommandLine;
using Kobune.Kubectl.Manifests;
using Kobune.Kubectl.Output;
using Kobune.Kubectl.Patching;

namespace Kobune.Kubectl.Verbs;

/// <summary>kubectl apply and its sub-verbs.</summary>
internal static class ApplyVerb
{
    private const int ConflictRetries = 5;

    public static readonly Command Definition = new("apply", "Apply a configuration to a resource by file name or stdin")
    {
        Usage = "(-f FILENAME | -k DIRECTORY)",
        Long = """
            Apply a configuration to a resource by file name or stdin.

             Objects that do not exist are created. In those that do, what the file says is set, what it said at the last apply and no longer says is removed, and what others set stays.
            """,
        Examples = """
            # What a file describes
            kubectl apply -f ./deployment.yaml

            # All files of a directory
            kubectl apply -f ./manifests/

            # From standard input
            cat pod.json | kubectl apply -f -

            # Let the server merge, and own the fields as "ci"
            kubectl apply -f ./deployment.yaml --server-side --field-manager=ci
            """,
        Flags =
        [
            ResourceFinder.Filename, ResourceFinder.Recursive, ResourceFinder.Kustomize, ResourceFinder.Selector, DryRun.Flag,
            Flag.Bool("all", "With --prune: all objects in the namespace."),
            Flag.Text("cascade", "What happens to dependents when --force deletes.", value: "background", noValue: "background"),
            Flag.Text("field-manager", "Name under which the fields are owned.", value: "kubectl-client-side-apply"),
            Flag.Bool("force", "Delete and create objects that cannot be patched."),
            Flag.Bool("force-conflicts", "With --server-side: take over fields that others own."),
            Flag.Int("grace-period", "Seconds for --force's deletion.", -1),
            Flag.Bool("openapi-patch", "Use the schema for the patch.", on: true),
            Flag.Bool("overwrite", "Settle differences between the live and the applied values in favour of the applied ones.", on: true),
            Flag.Bool("prune", "Not supported: delete what is no longer in the files with kubectl delete."),
            Flag.Bool("server-side", "Let the server merge (server-side apply)."),
            Flag.Duration("timeout", "With --force: how long to wait for the deletion."),
            Validation.Flag,
            Flag.Bool("wait", "With --prune or --force: wait for deletions."),
            .. OutputFormat.Flags,
        ],
        Commands = [ApplyLastApplied.View, ApplyLastApplied.Set],
        Run = RunAsync,
    };

    private static async Task<int> RunAsync(Invocation i)
    {
        if (i.Flags.Bool("prune"))
        {
            throw new CommandException("--prune is not supported; delete what is no longer wanted with \"delete\"");
        }

        if (i.Arguments.Count > 0)
        {
            throw CommandException.Usage(i, $"Unexpected args: [{string.Join(' ', i.Arguments)}]");
        }

        if (i.Flags.List("filename").Count == 0 && i.Flags.TextOrNull("kustomize") is null)
        {
            throw new CommandException("must specify one of -f and -k");
        }

        if (i.Flags.Bool("force-conflicts") && !i.Flags.Bool("server-side"))
        {
            throw new CommandException("--force-conflicts only works with --server-side");
        }

        if (i.Flags.Bool("server-side") && DryRun.Of(i) == DryRun.Client)
        {
            throw new CommandException("--dry-run=client doesn't work with --server-side (did you mean --dry-run=server instead?)");
        }

        var reporter = new ResultReporter(i);
        var failures = new List<Exception>();
        var selector = i.Flags.TextOrNull("selector") is { } text ? LabelSelectors.Parse(text) : null;
        foreach (var item in await ManifestReader.ReadItemsAsync(i).ConfigureAwait(false))
        {
            if (selector is not null && !selector.Matches(item.Object.Map("metadata", "labels").ToDictionary(l => l.Key, l => l.Value.Text())))
            {
                continue;
            }

            try
            {
                await (i.Flags.Bool("server-side") ? ServerSideAsync(i, item, reporter) : ClientSideAsync(i, item, reporter)).ConfigureAwait(false);
            }
            catch (Exception e) when (e is KubeStatusException or SourcedStatusException)
            {
                failures.Add(e);
            }
        }

        reporter.Finish();
        return failures.Count switch { 0 => 0, 1 => throw failures[0], _ => throw new AggregateException(failures) };
    }

    private static async Task ServerSideAsync(Invocation i, ResourceItem item, ResultReporter reporter)
    {
        var manager = i.Flags.Changed("field-manager") ? i.Flags.Text("field-manager") : "kubectl";
        var path = ApiPaths.WithQuery(
            item.Path, ("fieldManager", manager), ("force", i.Flags.Bool("force-conflicts") ? "true" : null),
            ("dryRun", DryRun.Query(i)), ("fieldValidation", Validation.Of(i)));
        try
        {
            reporter.Report(item, "serverside-applied", await i.Cluster.SendAsync(HttpMethod.Patch, path, item.Object, i.Cancellation, MediaTypes.ApplyPatch).ConfigureAwait(false));
        }
        catch (KubeStatusException e) when (e.IsConflict)
        {
            throw new CommandException(
                $"Apply failed with {e.Status.Details?.Causes.Count ?? 1} conflict{((e.Status.Details?.Causes.Count ?? 1) == 1 ? "" : "s")}: {ConflictText(e)}\n" +
                "Please review the fields above--they currently have other managers. Here\nare the ways you can resolve this warning:\n" +
                "* If you intend to manage all of these fields, please re-run the apply\n  command with the `--force-conflicts` flag.\n" +
                "* If you do not intend to manage all of the fields, please edit your\n  manifest to remove references to the fields that should keep their\n  current managers.\n" +
                "* You may co-own fields by updating your manifest to match the existing\n  value; in this case, you'll become the manager if the other manager(s)\n  stop managing the field (remove it from their configuration).\n" +
                "See https://kubernetes.io/docs/reference/using-api/server-side-apply/#conflicts");
        }
    }

    /// <summary>The server's message without its own "Apply failed with N conflicts: ".</summary>
    private static string ConflictText(KubeStatusException e)
    {
        var colon = e.Message.IndexOf(": ", StringComparison.Ordinal);
        return e.Message.StartsWith("Apply failed", StringComparison.Ordinal) && colon > 0 ? e.Message[(colon + 2)..] : e.Message;
    }

    private static async Task ClientSideAsync(Invocation i, ResourceItem item, ResultReporter reporter)
    {
        if (item.Name.Length == 0)
        {
            throw new CommandException($"from {item.Source}: cannot use generate name with apply".Replace("generate name", item.Object.TextOrNull("metadata", "generateName") is null ? "an object without a name" : "generate name", StringComparison.Ordinal));
        }

        var modified = LastApplied.Annotate(item.Object!);
        var current = await ResourceFinder.WithSourceAsync("retrieving current configuration of", "", () => i.Cluster.TryGetAsync(item.Path, i.Cancellation)).ConfigureAwait(false);
        if (current is null)
        {
            reporter.Report(item, "created", await CreateAsync(i, item, modified).ConfigureAwait(false));
            return;
        }

        if (DryRun.Of(i) == DryRun.Client)
        {
            reporter.Report(item, "configured", modified);
            return;
        }

        if (LastApplied.Of(current) is null)
        {
            i.Error.WriteLine(
                $"Warning: resource {item.Mapping.Plural}/{item.Name} is missing the {LastApplied.Annotation} annotation which is required by {i.Command.FullName}. " +
                $"{i.Command.FullName} should only be used on resources created declaratively by either {i.Root.Name} create --save-config or {i.Command.FullName}. The missing annotation will be patched automatically.");
        }

        for (var attempt = 0; ; attempt++)
        {
            var patch = LastApplied.Patch(item.Mapping, modified, current!);
            if (patch.Count == 0)
            {
                reporter.Report(item, "unchanged", current!);
                return;
            }

            try
            {
                reporter.Report(item, "configured", await PatchAsync(i, item, patch).ConfigureAwait(false));
                return;
            }
            catch (KubeStatusException e) when (e.IsConflict && attempt < ConflictRetries)
            {
                current = await i.Cluster.GetAsync(item.Path, i.Cancellation).ConfigureAwait(false);
            }
            catch (KubeStatusException e) when ((e.IsInvalid || e.IsConflict) && i.Flags.Bool("force"))
            {
                await RecreateAsync(i, item, modified, reporter).ConfigureAwait(false);
                return;
            }
            catch (KubeStatusException e)
            {
                throw e.IsInvalid ? e : new SourcedStatusException(
                    $"error when applying patch:\n{GoJson.Compact(patch)}\nto:\nResource: {GoText.Quote($"{item.Mapping.Group}/{item.Mapping.Version}, Resource={item.Mapping.Plural}".TrimStart('/'))}, " +
                    $"GroupVersionKind: {GoText.Quote($"{item.Mapping.Group}/{item.Mapping.Version}, Kind={item.Mapping.Kind}".TrimStart('/'))}\n" +
                    $"Name: {GoText.Quote(item.Name)}, Namespace: {GoText.Quote(item.Namespace ?? "")}\nfor: {GoText.Quote(item.Source)}: error when patching {GoText.Quote(item.Source)}", e);
            }
        }
    }

    private static Task<JsonObject> CreateAsync(Invocation i, ResourceItem item, JsonObject modified)
    {
        if (DryRun.Of(i) == DryRun.Client)
        {
            return Task.FromResult(modified);
        }

        var path = ApiPaths.WithQuery(
            item.Mapping.Path(item.Namespace), ("fieldManager", i.Flags.Text("field-manager")), ("dryRun", DryRun.Query(i)), ("fieldValidation", Validation.Of(i)));
        return ResourceFinder.WithSourceAsync("creating", item.Source, () => i.Cluster.SendAsync(HttpMethod.Post, path, modified, i.Cancellation));
    }

    private static Task<JsonObject> PatchAsync(Invocation i, ResourceItem item, JsonObject patch)
    {
        var path = ApiPaths.WithQuery(
            item.Path, ("fieldManager", i.Flags.Text("field-manager")), ("dryRun", DryRun.Query(i)), ("fieldValidation", Validation.Of(i)));
        var mediaType = item.Mapping.BuiltIn is null ? MediaTypes.MergePatch : MediaTypes.StrategicMergePatch;
        return i.Cluster.SendAsync(HttpMethod.Patch, path, patch, i.Cancellation, mediaType);
    }

    private static async Task RecreateAsync(Invocation i, ResourceItem item, JsonObject modified, ResultReporter reporter)
    {
        await i.Cluster.SendAsync(HttpMethod.Delete, item.Path, new JsonObject { ["propagationPolicy"] = "Background" }, i.Cancellation).ConfigureAwait(false);
        await ObjectWatch.UntilAsync(i, item.Mapping, item.Namespace, item.Name, o => o is null, i.Cancellation).ConfigureAwait(false);
        reporter.Report(item, "configured", await CreateAsync(i, item, modified).ConfigureAwait(false));
    }
}

/// <summary>--validate.</summary>
internal static class Validation
{
    public static readonly Flag Flag = CommandLine.Flag.Text(
        "validate", "What unknown and duplicate fields are: \"strict\" (or true) an error, \"warn\" a warning, \"ignore\" (or false) nothing.", value: "strict", noValue: "strict");

    /// <summary>The value of the fieldValidation parameter.</summary>
    public static string Of(Invocation i) => i.Flags.Text("validate") switch
    {
        "strict" or "true" => "Strict",
        "warn" => "Warn",
        "ignore" or "false" => "Ignore",
        var other => throw new CommandException($"invalid - validate option {GoText.Quote(other)}; must be one of: strict (or true), warn, ignore (or false)"),
    };
}
