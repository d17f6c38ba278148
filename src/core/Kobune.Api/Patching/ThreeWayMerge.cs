using System.Text.Json.Nodes;

namespace Kobune.Api.Patching;

/// <summary>
/// Client-side apply: from what was applied before, what is to be applied, and what is there now, the patch that removes
/// what was dropped from the manifest and sets what differs, and leaves alone what others set.
/// </summary>
public static class ThreeWayMerge
{
    /// <summary>The patch for application/strategic-merge-patch+json; empty when nothing is to change.</summary>
    /// <param name="original">The last applied manifest, null when there is none.</param>
    /// <param name="schema">Has the merge keys of the kind.</param>
    public static JsonObject CreateThreeWayMergePatch(JsonObject? original, JsonObject modified, JsonObject current, TypeSchema schema)
    {
        var changes = StrategicDiff.Between(current, modified, schema, DiffParts.AdditionsAndChanges);
        var deletions = StrategicDiff.Between(original ?? [], modified, schema, DiffParts.Deletions);
        return StrategicDiff.Combine(deletions, changes, schema);
    }

    /// <summary>The same for application/merge-patch+json, where lists are replaced as a whole: for custom resources.</summary>
    public static JsonObject CreateThreeWayJsonMergePatch(JsonObject? original, JsonObject modified, JsonObject current)
    {
        var changes = MergeDiff(current, modified, DiffParts.AdditionsAndChanges);
        var deletions = MergeDiff(original ?? [], modified, DiffParts.Deletions);
        MergeInto(deletions, changes);
        return deletions;
    }

    /// <summary>The merge patch (RFC 7396) that turns one object into another.</summary>
    public static JsonObject CreateTwoWayJsonMergePatch(JsonObject from, JsonObject to) => MergeDiff(from, to, DiffParts.All);

    /// <summary>The strategic merge patch that turns one object into another.</summary>
    public static JsonObject CreateTwoWayMergePatch(JsonObject from, JsonObject to, TypeSchema schema) =>
        StrategicDiff.Between(from, to, schema, DiffParts.All);

    private static JsonObject MergeDiff(JsonObject from, JsonObject to, DiffParts parts)
    {
        var patch = new JsonObject();
        foreach (var (name, value) in to)
        {
            if (from[name] is JsonObject old && value is JsonObject map)
            {
                if (MergeDiff(old, map, parts) is { Count: > 0 } inner)
                {
                    patch[name] = inner;
                }
            }
            else if (parts.HasFlag(DiffParts.AdditionsAndChanges) && !(from.ContainsKey(name) && JsonNode.DeepEquals(from[name], value)))
            {
                patch[name] = value?.DeepClone();
            }
        }

        if (parts.HasFlag(DiffParts.Deletions))
        {
            foreach (var (name, value) in from)
            {
                if (!to.ContainsKey(name) && value is not null)
                {
                    patch[name] = null;
                }
            }
        }

        return patch;
    }

    private static void MergeInto(JsonObject target, JsonObject source)
    {
        foreach (var (name, value) in source)
        {
            if (target[name] is JsonObject into && value is JsonObject from)
            {
                MergeInto(into, from);
            }
            else
            {
                target[name] = value?.DeepClone();
            }
        }
    }
}

/// <summary>Which differences a patch is to carry.</summary>
[Flags]
internal enum DiffParts
{
    AdditionsAndChanges = 1,
    Deletions = 2,
    All = 3,
}
