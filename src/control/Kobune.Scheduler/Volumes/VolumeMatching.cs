using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.Scheduler.Cache;

namespace Kobune.Scheduler.Volumes;

/// <summary>How a claim that waits gets its storage on a node: an existing volume, or a new one made for the node.</summary>
internal readonly record struct ClaimChoice(PersistentVolumeClaim Claim, PersistentVolume? Volume);

/// <summary>Which storage a claim could have on a node.</summary>
internal sealed class VolumeMatching(VolumeCatalog catalog)
{
    public const string SelectedNode = "volume.kubernetes.io/selected-node";
    private const string NoProvisioner = "kubernetes.io/no-provisioner";

    public static bool IsReachable(PersistentVolume volume, Node node) =>
        volume.Spec.NodeAffinity?.Required is not { } required || required.NodeSelectorTerms.Exists(t => NodeSelectorMatcher.Of(t).Matches(node));

    /// <summary>Storage for every claim, each volume once; null when some claim can have none on this node.</summary>
    public List<ClaimChoice>? Choose(List<PersistentVolumeClaim> claims, Node node)
    {
        var choices = new List<ClaimChoice>();
        foreach (var claim in claims.OrderBy(Size))
        {
            if (claim.Metadata.Annotations.TryGetValue(SelectedNode, out var selected))
            {
                if (selected != node.Name)
                {
                    return null; // it is being made for another node
                }

                choices.Add(new ClaimChoice(claim, null));
            }
            else if (Find(claim, node, choices) is { } volume)
            {
                choices.Add(new ClaimChoice(claim, volume));
            }
            else if (CanProvision(claim, node))
            {
                choices.Add(new ClaimChoice(claim, null));
            }
            else
            {
                return null;
            }
        }

        return choices;
    }

    private static Quantity Size(PersistentVolumeClaim claim) => claim.Spec.Resources.Requests.GetValueOrDefault("storage");

    // One that is reserved for the claim, or else the smallest that is large enough.
    private PersistentVolume? Find(PersistentVolumeClaim claim, Node node, List<ClaimChoice> taken)
    {
        PersistentVolume? best = null;
        foreach (var volume in catalog.Volumes.List())
        {
            if (!Fits(claim, volume) || !IsReachable(volume, node) || catalog.IsPromisedToOther(volume.Name, claim.Metadata.Uid) || taken.Exists(t => t.Volume?.Name == volume.Name))
            {
                continue;
            }

            if (volume.Spec.ClaimRef is { } reference)
            {
                if (reference.Namespace == claim.Namespace && reference.Name == claim.Name && (reference.Uid.Length == 0 || reference.Uid == claim.Metadata.Uid))
                {
                    return volume;
                }

                continue;
            }

            if (volume.Status.Phase == "Available" && (best is null || Capacity(volume) < Capacity(best)))
            {
                best = volume;
            }
        }

        return best;
    }

    private static Quantity Capacity(PersistentVolume volume) => volume.Spec.Capacity.GetValueOrDefault("storage");

    private static bool Fits(PersistentVolumeClaim claim, PersistentVolume volume) =>
        volume.Metadata.DeletionTimestamp is null
        && volume.Spec.StorageClassName == (claim.Spec.StorageClassName ?? "")
        && (volume.Spec.VolumeMode ?? "Filesystem") == (claim.Spec.VolumeMode ?? "Filesystem")
        && claim.Spec.AccessModes.TrueForAll(volume.Spec.AccessModes.Contains)
        && Capacity(volume) >= Size(claim)
        && (claim.Spec.Selector is null || LabelSelectors.From(claim.Spec.Selector).Matches(volume.Metadata.Labels));

    private bool CanProvision(PersistentVolumeClaim claim, Node node) =>
        catalog.ClassOf(claim) is { Provisioner.Length: > 0 } storage
        && storage.Provisioner != NoProvisioner
        && (storage.AllowedTopologies.Count == 0 || storage.AllowedTopologies.Exists(t => t.MatchLabelExpressions.TrueForAll(
            e => node.Metadata.Labels.TryGetValue(e.Key, out var value) && e.Values.Contains(value))));
}
