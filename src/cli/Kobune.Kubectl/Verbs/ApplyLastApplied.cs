using System.Text.Json.Nodes;
using Kobune.Api;
using Kobune.Client.Http;
using Kobune.Client.Yaml;
using Kobune.Kubectl.Cluster;
using Kobune.Kubectl.CommandLine;
using Kobune.Kubectl.Manifests;
using Kobune.Kubectl.Output;
using Kobune.Kubectl.Patching;

namespace Kobune.Kubectl.Verbs;

/// <summary>kubectl apply view-last-applied and set-last-applied.</summary>
internal static class ApplyLastApplied
{
    public static readonly Command View = new("view-last-applied", "View the latest last-applied-configuration annotations of a resource/object")
    {
        Usage = "(TYPE [NAME | -l label] | TYPE/NAME | -f FILENAME)",
        Flags = [.. ResourceFinder.Flags, Flag.Bool("all", "All objects of the type."), Flag.Text("output", "json or yaml.", 'o', "yaml")],
        Run = ViewAsync,
    };

    public static readonly Command Set = new("set-last-applied", "Set the last-applied-configuration annotation on a live object to match the contents of a file")
    {
        Usage = "-f FILENAME",
        Flags = [ResourceFinder.Filename, DryRun.Flag, Flag.Bool("create-annotation", "Add the annotation where it is missing."), .. OutputFormat.Flags],
        Run = SetAsync,
    };

    private static async Task<int> ViewAsync(Invocation i)
    {
        foreach (var item in await ResourceFinder.FindAsync(i, i.Arguments).ConfigureAwait(false))
        {
            var last = LastApplied.Of(item.Object!)
                ?? throw new CommandException($"no last-applied-configuration annotation found on resource: {item.Name}");
            i.Out.Write(i.Flags.Text("output") == "json" ? GoJson.Indented(last) + "\n" : YamlTree.Format(JsonTree.Sorted(last)));
        }

        return 0;
    }

    private static async Task<int> SetAsync(Invocation i)
    {
        var reporter = new ResultReporter(i);
        foreach (var item in await ManifestReader.ReadItemsAsync(i).ConfigureAwait(false))
        {
            var current = await i.Cluster.GetAsync(item.Path, i.Cancellation).ConfigureAwait(false);
            if (LastApplied.Of(current) is null && !i.Flags.Bool("create-annotation"))
            {
                throw new CommandException($"no last-applied-configuration annotation found on resource: {item.Name}, to create the annotation, run the command with --create-annotation");
            }

            var patch = new JsonObject
            {
                ["metadata"] = new JsonObject
                {
                    ["annotations"] = new JsonObject { [LastApplied.Annotation] = LastApplied.Annotate(item.Object!).Text("metadata", "annotations", LastApplied.Annotation) },
                },
            };
            var path = ApiPaths.WithQuery(item.Path, ("dryRun", DryRun.Query(i)));
            reporter.Report(item, "configured", DryRun.Of(i) == DryRun.Client
                ? current
                : await i.Cluster.SendAsync(HttpMethod.Patch, path, patch, i.Cancellation, MediaTypes.MergePatch).ConfigureAwait(false));
        }

        reporter.Finish();
        return 0;
    }
}
