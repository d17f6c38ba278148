using System.Text.Json.Nodes;
using Kobune.Client.Http;
using Kobune.Client.Yaml;
using Kobune.Kubectl.Cluster;
using Kobune.Kubectl.CommandLine;
using Kobune.Kubectl.Output;

namespace Kobune.Kubectl.Verbs;

/// <summary>kubectl patch.</summary>
internal static class PatchVerb
{
    public static readonly Command Definition = new("patch", "Update fields of a resource")
    {
        Usage = "(-f FILENAME | TYPE NAME) [-p PATCH|--patch-file FILE]",
        Examples = """
            # Set a field (strategic merge: lists with keys are merged)
            kubectl patch node worker-1 -p '{"spec":{"unschedulable":true}}'

            # Another image for one container
            kubectl patch deployment web -p '{"spec":{"template":{"spec":{"containers":[{"name":"web","image":"web:2"}]}}}}'

            # A JSON patch
            kubectl patch pod web --type='json' -p='[{"op": "replace", "path": "/spec/containers/0/image", "value":"web:2"}]'

            # A subresource
            kubectl patch deployment web --subresource='scale' --type='merge' -p '{"spec":{"replicas":2}}'
            """,
        Flags =
        [
            ResourceFinder.Filename, ResourceFinder.Recursive, ResourceFinder.Kustomize, DryRun.Flag,
            Flag.Text("field-manager", "Name under which the fields are owned.", value: "kubectl-patch"),
            Flag.Bool("local", "Apply the patch to the file only."),
            Flag.Text("patch", "The patch, in JSON or YAML.", 'p'),
            Flag.Text("patch-file", "File with the patch."),
            Flag.Text("subresource", "Patch this subresource: status, scale."),
            Flag.Text("type", "How to read the patch: json, merge or strategic.", value: "strategic"),
            .. OutputFormat.Flags,
        ],
        Run = RunAsync,
    };

    private static async Task<int> RunAsync(Invocation i)
    {
        var mediaType = i.Flags.Text("type").ToLowerInvariant() switch
        {
            "json" => MediaTypes.JsonPatch,
            "merge" => MediaTypes.MergePatch,
            "strategic" => MediaTypes.StrategicMergePatch,
            var other => throw new CommandException($"--type must be one of [json merge strategic], not {GoText.Quote(other)}"),
        };
        var patch = ReadPatch(i);
        var reporter = new ResultReporter(i);
        var items = i.Flags.List("filename").Count > 0
            ? await Manifests.ManifestReader.ReadItemsAsync(i).ConfigureAwait(false)
            : [.. (await ResourceArguments.ReadAsync(i, i.Arguments, namesRequired: true).ConfigureAwait(false)).Named
                .Select(n => new ResourceItem(n.Mapping, n.Mapping.Namespaced ? i.Namespace : null, n.Name))];
        if (items.Count == 0)
        {
            throw new CommandException("You must provide one or more resources by argument or filename.");
        }

        foreach (var item in items)
        {
            var before = await i.Cluster.GetAsync(item.Path, i.Cancellation).ConfigureAwait(false);
            if (DryRun.Of(i) == DryRun.Client)
            {
                reporter.Report(item, "patched", before);
                continue;
            }

            var path = ApiPaths.WithQuery(
                item.Mapping.Path(item.Namespace, item.Name, i.Flags.TextOrNull("subresource")), ("fieldManager", i.Flags.Text("field-manager")), ("dryRun", DryRun.Query(i)));
            var after = await i.Cluster.SendAsync(HttpMethod.Patch, path, patch, i.Cancellation, mediaType).ConfigureAwait(false);
            var same = i.Flags.TextOrNull("subresource") is null && before.Text("metadata", "resourceVersion") == after.Text("metadata", "resourceVersion");
            reporter.Report(item, same && DryRun.Of(i) == DryRun.None ? "patched (no change)" : "patched", after);
        }

        reporter.Finish();
        return 0;
    }

    private static JsonNode ReadPatch(Invocation i)
    {
        var text = i.Flags.TextOrNull("patch");
        var file = i.Flags.TextOrNull("patch-file");
        if (text is not null && file is not null)
        {
            throw new CommandException("cannot specify both --patch and --patch-file");
        }

        if (text is null && file is null)
        {
            throw new CommandException("must specify --patch or --patch-file containing the contents of the patch");
        }

        if (file is not null)
        {
            text = File.Exists(file) ? File.ReadAllText(file) : throw new CommandException($"unable to read patch file: open {file}: no such file or directory");
        }

        try
        {
            return YamlTree.Parse(text!) ?? throw new CommandException($"unable to parse {GoText.Quote(text!)}: the patch is empty");
        }
        catch (YamlSyntaxException e)
        {
            throw new CommandException($"unable to parse {GoText.Quote(text!)}: {e.Message.Replace("error converting YAML to JSON: ", "", StringComparison.Ordinal).Replace("yaml: line 1: ", "yaml: ", StringComparison.Ordinal)}");
        }
    }
}
