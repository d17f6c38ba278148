using System.Text.Json.Nodes;
using Kobune.Client.Http;
using Kobune.Kubectl.Cluster;
using Kobune.Kubectl.CommandLine;
using Kobune.Kubectl.Describe;
using Kobune.Kubectl.Output;
using Kobune.Kubectl.Text;

namespace Kobune.Kubectl.Verbs;

/// <summary>kubectl rollout history and undo. A Deployment's revisions are ReplicaSets, the others' ControllerRevisions.</summary>
internal static class RolloutHistory
{
    private const string RevisionAnnotation = "deployment.kubernetes.io/revision";
    private const string ChangeCause = "kubernetes.io/change-cause";

    private sealed record Revision(long Number, string Cause, JsonObject Template, JsonObject Source);

    public static async Task<int> RunAsync(Invocation i)
    {
        foreach (var item in await RolloutVerb.FindAsync(i).ConfigureAwait(false))
        {
            var revisions = await RevisionsAsync(i, item).ConfigureAwait(false);
            if (i.Flags.Int("revision") is > 0 and var wanted)
            {
                var found = revisions.FirstOrDefault(r => r.Number == wanted) ?? throw new CommandException("unable to find the specified revision");
                var w = new DescribeWriter();
                DescribePod.Template(w, found.Template);
                i.Out.Write($"{item.Reference} with revision #{wanted}\n{w.Finish()}");
                continue;
            }

            var table = new TabWriter();
            table.WriteLine("REVISION\tCHANGE-CAUSE");
            foreach (var revision in revisions)
            {
                table.WriteLine($"{revision.Number}\t{(revision.Cause.Length > 0 ? revision.Cause : "<none>")}");
            }

            i.Out.Write($"{item.Reference} \n{table.Flush()}\n");
        }

        return 0;
    }

    public static async Task<int> UndoAsync(Invocation i)
    {
        var reporter = new ResultReporter(i);
        foreach (var item in await RolloutVerb.FindAsync(i).ConfigureAwait(false))
        {
            if (item.Object!.Bool("spec", "paused"))
            {
                throw new CommandException($"you cannot rollback a paused deployment; resume it first with 'kubectl rollout resume {item.Reference}' and try again");
            }

            var revisions = await RevisionsAsync(i, item).ConfigureAwait(false);
            var target = i.Flags.Int("to-revision") is > 0 and var number
                ? revisions.FirstOrDefault(r => r.Number == number) ?? throw new CommandException($"unable to find specified revision {number} in history")
                : revisions.Count > 1 ? revisions[^2] : throw new CommandException($"no rollout history found for {item.Mapping.Singular} {GoText.Quote(item.Name)}");
            if (JsonNode.DeepEquals(JsonTree.Sorted(target.Template), JsonTree.Sorted(WithoutHash(item.Object!.Map("spec", "template")))))
            {
                reporter.Report(item, $"skipped rollback (current template already matches revision {target.Number})", item.Object!);
                continue;
            }

            reporter.Report(item, "rolled back", await ReplaceTemplateAsync(i, item, target).ConfigureAwait(false));
        }

        reporter.Finish();
        return 0;
    }

    private static Task<JsonObject> ReplaceTemplateAsync(Invocation i, ResourceItem item, Revision target)
    {
        if (DryRun.Of(i) == DryRun.Client)
        {
            return Task.FromResult(item.Object!);
        }

        var patch = new JsonArray(new JsonObject { ["op"] = "replace", ["path"] = "/spec/template", ["value"] = target.Template.DeepClone() });
        if (item.Mapping.Kind == "Deployment" && item.Object!.At("metadata", "annotations") is JsonObject annotations)
        {
            var changed = (JsonObject)annotations.DeepClone();
            changed.Remove(ChangeCause);
            if (target.Cause.Length > 0)
            {
                changed[ChangeCause] = target.Cause;
            }

            patch.Add(new JsonObject { ["op"] = "replace", ["path"] = "/metadata/annotations", ["value"] = changed });
        }

        var path = ApiPaths.WithQuery(item.Path, ("fieldManager", i.Flags.Text("field-manager")), ("dryRun", DryRun.Query(i)));
        return i.Cluster.SendAsync(HttpMethod.Patch, path, patch, i.Cancellation, MediaTypes.JsonPatch);
    }

    /// <summary>Oldest first.</summary>
    private static async Task<IReadOnlyList<Revision>> RevisionsAsync(Invocation i, ResourceItem item)
    {
        var uid = item.Object!.Text("metadata", "uid");
        var deployment = item.Mapping.Kind == "Deployment";
        var selector = SelectorText.Of(item.Object!);
        var list = await i.Cluster.GetAsync(
            ApiPaths.WithQuery(ApiPaths.Resource("apps", "v1", deployment ? "replicasets" : "controllerrevisions", item.Namespace), ("labelSelector", selector)), i.Cancellation).ConfigureAwait(false);
        return
        [
            .. ResourceFinder.ItemsOf(list)
                .Where(o => o.Objects("metadata", "ownerReferences").Any(r => r.Text("uid") == uid))
                .Select(o => deployment
                    ? new Revision(o.Long("metadata", "annotations", RevisionAnnotation), o.Text("metadata", "annotations", ChangeCause), WithoutHash(o.Map("spec", "template")), o)
                    : new Revision(o.Long("revision"), o.Text("metadata", "annotations", ChangeCause), FromRevision(o), o))
                .OrderBy(r => r.Number),
        ];
    }

    private static JsonObject FromRevision(JsonObject revision)
    {
        var template = (JsonObject)revision.Map("data", "spec", "template").DeepClone();
        template.Remove("$patch");
        return template;
    }

    private static JsonObject WithoutHash(JsonObject template)
    {
        var copy = (JsonObject)template.DeepClone();
        (copy.At("metadata", "labels") as JsonObject)?.Remove("pod-template-hash");
        return copy;
    }
}
