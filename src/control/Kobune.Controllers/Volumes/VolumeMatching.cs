using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.Api.Meta.V1;

namespace Kobune.Controllers.Volumes;

/// <summary>Which volume suits which claim. Pure: everything is in the two objects.</summary>
internal static class VolumeMatching
{
    /// <summary>The class that the claim names; null when it names none, and then the default class may be given to it.</summary>
    public static string? ClassNameOf(PersistentVolumeClaim claim) =>
        claim.Metadata.Annotations.GetValueOrDefault(StorageNames.BetaClass) ?? claim.Spec.StorageClassName;

    public static string ClassNameOf(PersistentVolume volume) =>
        volume.Metadata.Annotations.GetValueOrDefault(StorageNames.BetaClass) ?? volume.Spec.StorageClassName;

    public static Quantity SizeOf(PersistentVolumeClaim claim) => claim.Spec.Resources.Requests.GetValueOrDefault("storage");

    public static Quantity SizeOf(PersistentVolume volume) => volume.Spec.Capacity.GetValueOrDefault("storage");

    /// <summary>The volume is bound to this claim, or reserved for it by name.</summary>
    public static bool IsReservedFor(PersistentVolume volume, PersistentVolumeClaim claim) =>
        volume.Spec.ClaimRef is { } reference && reference.Name == claim.Name && reference.Namespace == claim.Namespace
        && (reference.Uid.Length == 0 || reference.Uid == claim.Metadata.Uid);

    /// <summary>Why a volume that the claim names cannot be bound to it, in upstream's words; null when it can.</summary>
    public static string? Mismatch(PersistentVolume volume, PersistentVolumeClaim claim)
    {
        if (volume.Metadata.DeletionTimestamp is not null)
        {
            return "the volume is marked for deletion \"" + volume.Name + "\"";
        }

        if (SizeOf(volume) < SizeOf(claim))
        {
            return "requested PV is too small";
        }

        if (ClassNameOf(volume) != (ClassNameOf(claim) ?? ""))
        {
            return "storageClassName does not match";
        }

        if ((volume.Spec.VolumeAttributesClassName ?? "") != (claim.Spec.VolumeAttributesClassName ?? ""))
        {
            return "volumeAttributesClassName does not match";
        }

        return !SameMode(volume, claim) ? "incompatible volumeMode"
            : !OffersModes(volume, claim) ? "incompatible accessMode" : null;
    }

    /// <summary>
    /// The volume that is reserved for the claim, else the smallest that fulfils it. While the choice waits for a Pod
    /// (<paramref name="onlyReserved"/>) nothing is chosen; with a <paramref name="node"/> it must be reachable from there.
    /// </summary>
    public static PersistentVolume? Best(IEnumerable<PersistentVolume> volumes, PersistentVolumeClaim claim, bool onlyReserved, Node? node)
    {
        var selector = claim.Spec.Selector is { } labels ? LabelSelectors.From(labels) : null;
        PersistentVolume? best = null;
        foreach (var volume in volumes)
        {
            if (volume.Spec.ClaimRef is not null && !IsReservedFor(volume, claim) || Mismatch(volume, claim) is not null)
            {
                continue;
            }

            if (volume.Spec.ClaimRef is not null)
            {
                return volume;
            }

            if (onlyReserved || volume.Status.Phase != "Available" || selector?.Matches(volume.Metadata.Labels) == false
                || node is not null && volume.Spec.NodeAffinity?.Required is { } required && !NodeSelectors.Matches(required, node))
            {
                continue;
            }

            if (best is null || (SizeOf(volume), volume.Name).CompareTo((SizeOf(best), best.Name)) < 0)
            {
                best = volume;
            }
        }

        return best;
    }

    private static bool SameMode(PersistentVolume volume, PersistentVolumeClaim claim) =>
        (volume.Spec.VolumeMode ?? "Filesystem") == (claim.Spec.VolumeMode ?? "Filesystem");

    private static bool OffersModes(PersistentVolume volume, PersistentVolumeClaim claim) =>
        claim.Spec.AccessModes.TrueForAll(volume.Spec.AccessModes.Contains);
}
