using System.Text.Json.Nodes;
using Kobune.Client.Http;
using Kobune.Kubectl.Cluster;
using Kobune.Kubectl.CommandLine;
using Kobune.Kubectl.Manifests;
using Kobune.Kubectl.Output;
using Kobune.Kubectl.Patching;

namespace Kobune.Kubectl.Verbs.Create;

/// <summary>kubectl create: from files, or by a sub-verb that builds the object from its flags.</summary>
internal static class CreateVerb
{
    /// <summary>What every sub-verb takes.</summary>
    public static readonly IReadOnlyList<Flag> CommonFlags =
    [
        DryRun.Flag, Validation.Flag,
        Flag.Text("field-manager", "Name under which the fields are owned.", value: "kubectl-create"),
        Flag.Bool("save-config", "Remember the manifest for apply."),
        .. OutputFormat.Flags,
    ];

    public static readonly Command Definition = new("create", "Create a resource from a file or from stdin")
    {
        Usage = "-f FILENAME",
        Examples = """
            # What a file describes
            kubectl create -f ./pod.json

            # From standard input
            cat pod.json | kubectl create -f -

            # A config map, without a file
            kubectl create configmap settings --from-literal=mode=fast
            """,
        Flags =
        [
            ResourceFinder.Filename, ResourceFinder.Recursive, ResourceFinder.Kustomize, ResourceFinder.Selector, Flag.Bool("edit", "Edit before creating."),
            Flag.Text("raw", "Path to POST the file to as it is."), .. CommonFlags,
        ],
        Commands =
        [
            .. CreateRbac.Commands, CreateConfigMap.Definition, .. CreateWorkloads.Commands, .. CreateSimple.Commands,
            CreateIngress.Definition, CreateSecret.Definition, CreateService.Definition, CreateToken.Definition,
        ],
        Run = RunAsync,
    };

    private static async Task<int> RunAsync(Invocation i)
    {
        if (i.Flags.List("filename").Count == 0 && i.Flags.TextOrNull("kustomize") is null)
        {
            throw i.Arguments.Count > 0
                ? CommandException.Usage(i, $"Unexpected args: [{string.Join(' ', i.Arguments)}]")
                : new CommandException("must specify one of -f and -k");
        }

        var reporter = new ResultReporter(i);
        var failures = new List<Exception>();
        foreach (var item in await ManifestReader.ReadItemsAsync(i).ConfigureAwait(false))
        {
            try
            {
                reporter.Report(item, "created", await SendAsync(i, item).ConfigureAwait(false));
            }
            catch (Exception e) when (e is Kobune.Api.KubeStatusException or SourcedStatusException)
            {
                failures.Add(e);
            }
        }

        reporter.Finish();
        return failures.Count switch { 0 => 0, 1 => throw failures[0], _ => throw new AggregateException(failures) };
    }

    /// <summary>Creates what a sub-verb built, and tells it.</summary>
    public static async Task<int> CreateAsync(Invocation i, JsonObject obj, string kindForErrors)
    {
        var dryRun = DryRun.Of(i);
        var apiVersion = obj.Text("apiVersion");
        var info = Kobune.Api.ResourceInfo.BuiltIns.First(b => b.Kind == obj.Text("kind") && b.ApiVersion == apiVersion);
        var mapping = ResourceMapping.Of(info);

        // As kubectl does it: an object that only goes to the screen names a namespace only when the user did.
        if (mapping.Namespaced && (dryRun != DryRun.Client || i.Flags.TextOrNull("namespace") is not null))
        {
            obj.Ensure("metadata")["namespace"] = i.Namespace;
        }

        if (i.Flags.Bool("save-config"))
        {
            obj = LastApplied.Annotate(obj);
        }

        var item = ResourceItem.Of(mapping, obj);
        var reporter = new ResultReporter(i);
        try
        {
            reporter.Report(item, "created", dryRun == DryRun.Client ? obj : await SendAsync(i, item).ConfigureAwait(false));
        }
        catch (Kobune.Api.KubeStatusException e) when (!e.IsInvalid)
        {
            throw new CommandException($"failed to create {kindForErrors}: {e.Message}");
        }

        reporter.Finish();
        return 0;
    }

    /// <summary>The one NAME argument of a sub-verb.</summary>
    public static string Name(Invocation i) => i.Arguments.Count == 1
        ? i.Arguments[0]
        : throw CommandException.Usage(i, $"exactly one NAME is required, got {i.Arguments.Count}");

    public static JsonObject Metadata(string name) => new() { ["name"] = name };

    private static Task<JsonObject> SendAsync(Invocation i, ResourceItem item)
    {
        var body = item.Source.Length > 0 && i.Flags.Bool("save-config") ? LastApplied.Annotate(item.Object!) : item.Object!;
        if (DryRun.Of(i) == DryRun.Client)
        {
            return Task.FromResult(body);
        }

        var manager = i.Flags.Has("field-manager") ? i.Flags.Text("field-manager") : "kubectl-create";
        var path = ApiPaths.WithQuery(
            item.Mapping.Path(item.Namespace), ("fieldManager", manager), ("dryRun", DryRun.Query(i)),
            ("fieldValidation", i.Flags.Has("validate") ? Validation.Of(i) : "Strict"));
        return ResourceFinder.WithSourceAsync("creating", item.Source, () => i.Cluster.SendAsync(HttpMethod.Post, path, body, i.Cancellation));
    }
}
