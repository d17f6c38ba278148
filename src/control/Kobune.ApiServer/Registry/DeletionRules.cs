using Kobune.Api;
using Kobune.Api.Meta.V1;
using Kobune.ApiServer.Resources;

namespace Kobune.ApiServer.Registry;

/// <summary>When deletion waits: finalizers, grace periods, and the two finalizers that garbage collection uses.</summary>
internal static class DeletionRules
{
    public const string Foreground = "foregroundDeletion";
    public const string Orphan = "orphan";

    /// <summary>An update that takes away the last hold of an object being deleted deletes it.</summary>
    public static bool VanishesWithUpdate(KubeObject obj, KubeObject old, IResourceHooks hooks) =>
        old.Metadata.DeletionTimestamp is not null
        && obj.Metadata.Finalizers.Count == 0
        && obj.Metadata.DeletionGracePeriodSeconds is null or 0
        && old.Metadata.DeletionGracePeriodSeconds is null or 0
        && !hooks.HoldsDeletion(obj)
        && obj.Metadata.DeletionTimestamp is not null;

    /// <summary>The finalizers that the propagation policy asks for.</summary>
    public static List<string> Finalizers(KubeObject obj, DeleteOptions options)
    {
        var present = obj.Metadata.Finalizers;
        var policy = options.PropagationPolicy ?? (options.OrphanDependents switch { true => "Orphan", false => "Background", null => null });
        var orphan = policy is null ? present.Contains(Orphan) : policy == "Orphan";
        var foreground = policy is null ? present.Contains(Foreground) : policy == "Foreground";
        var result = present.Where(f => f is not (Orphan or Foreground)).ToList();
        if (orphan)
        {
            result.Add(Orphan);
        }

        if (foreground)
        {
            result.Add(Foreground);
        }

        return result;
    }

    /// <exception cref="KubeStatusException">422 for options that contradict each other.</exception>
    public static void Check(DeleteOptions options)
    {
        var errors = new Validation.FieldErrorList();
        if (options.OrphanDependents is not null && options.PropagationPolicy is not null)
        {
            errors.Invalid("propagationPolicy", options.PropagationPolicy, "orphanDependents and deletionPropagation cannot be both set");
        }

        if (options.PropagationPolicy is not (null or "Foreground" or "Background" or "Orphan"))
        {
            errors.NotSupported("propagationPolicy", options.PropagationPolicy, "Background", "Foreground", "Orphan", "nil");
        }

        foreach (var value in options.DryRun)
        {
            if (value != "All")
            {
                errors.NotSupported("dryRun", value, "All");
            }
        }

        if (errors.Count > 0)
        {
            errors.ThrowIfAny("meta.k8s.io", "DeleteOptions", "");
        }
    }
}
