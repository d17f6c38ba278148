using System.Text.Json.Nodes;
using Kobune.Api.Patching;
using Kobune.Client.Http;
using Kobune.Kubectl.Cluster;
using Kobune.Kubectl.CommandLine;

namespace Kobune.Kubectl.Verbs;

/// <summary>Sends the difference between an object as it was read and as a verb changed it.</summary>
internal static class ObjectEditor
{
    /// <returns>The object as the server has it now; null when nothing differed.</returns>
    public static async Task<JsonObject?> SaveAsync(Invocation i, ResourceItem item, JsonObject changed, string fieldManager, string? subresource = null)
    {
        var patch = item.Mapping.BuiltIn is { } info
            ? ThreeWayMerge.CreateTwoWayMergePatch(item.Object!, changed, info.Schema)
            : ThreeWayMerge.CreateTwoWayJsonMergePatch(item.Object!, changed);
        if (patch.Count == 0)
        {
            return null;
        }

        if (DryRun.Of(i) == DryRun.Client)
        {
            return changed;
        }

        var manager = i.Flags.Has("field-manager") && i.Flags.Changed("field-manager") ? i.Flags.Text("field-manager") : fieldManager;
        var path = ApiPaths.WithQuery(item.Mapping.Path(item.Namespace, item.Name, subresource), ("fieldManager", manager), ("dryRun", DryRun.Query(i)));
        return await i.Cluster.SendAsync(
            HttpMethod.Patch, path, patch, i.Cancellation, item.Mapping.BuiltIn is null ? MediaTypes.MergePatch : MediaTypes.StrategicMergePatch).ConfigureAwait(false);
    }

    /// <summary>Splits "TYPE NAME key=value key-" into the objects and the changes.</summary>
    public static (IReadOnlyList<string> Objects, IReadOnlyList<string> Changes) SplitChanges(IReadOnlyList<string> arguments)
    {
        var isChange = (string a) => a.Contains('=', StringComparison.Ordinal) || a.EndsWith('-');
        var first = arguments.ToList().FindIndex(a => isChange(a));
        if (first < 0)
        {
            return (arguments, []);
        }

        var wrong = arguments.Skip(first).FirstOrDefault(a => !isChange(a));
        return wrong is null
            ? ([.. arguments.Take(first)], [.. arguments.Skip(first)])
            : throw new CommandException("all resources must be specified before label changes: " + wrong);
    }
}
