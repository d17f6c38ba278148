using System.Globalization;
using Kobune.Api;
using Kobune.Api.Apps.V1;
using Kobune.Api.Core.V1;
using Kobune.Controllers.History;

namespace Kobune.Controllers.StatefulSets;

/// <summary>The Pods and claims of a StatefulSet: their names, their identity, how they are made.</summary>
internal static class StatefulPods
{
    private const string PodNameLabel = "statefulset.kubernetes.io/pod-name";
    private const string PodIndexLabel = "apps.kubernetes.io/pod-index";

    public static string NameOf(StatefulSet set, int ordinal) => $"{set.Name}-{ordinal.ToString(CultureInfo.InvariantCulture)}";

    public static string ClaimNameOf(StatefulSet set, PersistentVolumeClaim template, int ordinal) => $"{template.Name}-{NameOf(set, ordinal)}";

    /// <summary>The ordinal in the Pod's name, or null when it has none or belongs to another name.</summary>
    public static int? OrdinalOf(StatefulSet set, Pod pod) =>
        pod.Name.Length > set.Name.Length + 1 && pod.Name.StartsWith(set.Name + "-", StringComparison.Ordinal)
        && int.TryParse(pod.Name.AsSpan(set.Name.Length + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var ordinal)
            ? ordinal
            : null;

    public static string RevisionOf(Pod pod) => pod.Metadata.Labels.GetValueOrDefault(RevisionHistory.HashLabel, "");

    public static bool IsRunningAndReady(Pod pod) => pod.Status.Phase == "Running" && pod.IsReady();

    public static Pod Make(StatefulSet set, PodTemplateSpec template, int ordinal, string revision)
    {
        var pod = PodFactory.FromTemplate(template, set);
        pod.Metadata.GenerateName = "";
        pod.Metadata.Name = NameOf(set, ordinal);
        pod.Metadata.Labels[PodNameLabel] = pod.Metadata.Name;
        pod.Metadata.Labels[PodIndexLabel] = ordinal.ToString(CultureInfo.InvariantCulture);
        pod.Metadata.Labels[RevisionHistory.HashLabel] = revision;
        pod.Spec.Hostname = pod.Metadata.Name;
        pod.Spec.Subdomain = set.Spec.ServiceName;
        foreach (var claim in set.Spec.VolumeClaimTemplates)
        {
            pod.Spec.Volumes.RemoveAll(v => v.Name == claim.Name);
            pod.Spec.Volumes.Add(new Volume
            {
                Name = claim.Name,
                PersistentVolumeClaim = new PersistentVolumeClaimVolumeSource { ClaimName = ClaimNameOf(set, claim, ordinal) },
            });
        }

        return pod;
    }

    /// <summary>The claims of one Pod; they belong to nobody unless the retention policy says that they go with the set.</summary>
    public static IEnumerable<PersistentVolumeClaim> MakeClaims(StatefulSet set, int ordinal)
    {
        foreach (var template in set.Spec.VolumeClaimTemplates)
        {
            var claim = template.Clone();
            claim.Metadata.Name = ClaimNameOf(set, template, ordinal);
            claim.Metadata.Namespace = set.Namespace;
            foreach (var (key, value) in set.Spec.Selector?.MatchLabels ?? [])
            {
                claim.Metadata.Labels[key] = value;
            }

            if (set.Spec.PersistentVolumeClaimRetentionPolicy?.WhenDeleted == "Delete")
            {
                var owner = Owners.Controlled(set);
                owner.BlockOwnerDeletion = null;
                claim.Metadata.OwnerReferences = [owner];
            }

            yield return claim;
        }
    }
}
