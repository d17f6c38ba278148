using System.Text.Json.Nodes;

namespace Kobune.ApiServer.Patching;

/// <summary>Applies JSON Merge Patch documents (RFC 7386): null removes, objects merge, everything else replaces.</summary>
internal static class MergePatch
{
    /// <summary>Changes <paramref name="target"/> in place; <paramref name="patch"/> is left as it is.</summary>
    public static void Apply(JsonObject target, JsonObject patch)
    {
        foreach (var (name, value) in patch)
        {
            switch (value)
            {
                case null:
                    target.Remove(name);
                    break;
                case JsonObject nested:
                    if (target[name] is not JsonObject existing)
                    {
                        target[name] = existing = [];
                    }
                    Apply(existing, nested);
                    break;
                default:
                    target[name] = value.DeepClone();
                    break;
            }
        }
    }
}
