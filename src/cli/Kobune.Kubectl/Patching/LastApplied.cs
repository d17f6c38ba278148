using System.Text.Json.Nodes;
using Kobune.Api;
using Kobune.Api.Patching;
using Kobune.Kubectl.Cluster;
using Kobune.Kubectl.Output;

namespace Kobune.Kubectl.Patching;

/// <summary>The annotation in which client-side apply remembers what it applied.</summary>
internal static class LastApplied
{
    public const string Annotation = "kubectl.kubernetes.io/last-applied-configuration";

    /// <summary>A copy of a manifest that carries itself in the annotation.</summary>
    public static JsonObject Annotate(JsonObject manifest)
    {
        var modified = (JsonObject)manifest.DeepClone();
        var annotations = modified.Ensure("metadata", "annotations");
        annotations.Remove(Annotation);
        var text = GoJson.Compact(modified) + "\n";
        annotations[Annotation] = text;
        return modified;
    }

    /// <summary>What was applied to the object last; null when nothing was, or it cannot be read.</summary>
    public static JsonObject? Of(JsonObject current)
    {
        try
        {
            return current.TextOrNull("metadata", "annotations", Annotation) is { } text ? JsonNode.Parse(text) as JsonObject : null;
        }
        catch (System.Text.Json.JsonException)
        {
            return null;
        }
    }

    /// <summary>The patch from what is there to what is to be.</summary>
    public static JsonObject Patch(ResourceMapping mapping, JsonObject modified, JsonObject current)
    {
        var patch = mapping.BuiltIn is { } info
            ? ThreeWayMerge.CreateThreeWayMergePatch(Of(current), modified, current, info.Schema)
            : ThreeWayMerge.CreateThreeWayJsonMergePatch(Of(current), modified, current);
        return patch;
    }
}
