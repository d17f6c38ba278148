using Kobune.Api.Core.V1;
using Kobune.Scheduler.Framework;

namespace Kobune.Scheduler.Volumes;

/// <summary>A CSI driver can attach only so many volumes to a node, as its CSINode says.</summary>
internal sealed class NodeVolumeLimits(VolumeCatalog catalog) : IFilterPlugin
{
    public string Name => "NodeVolumeLimits";

    public ClusterEvents HelpedBy => ClusterEvents.PodRemoved | ClusterEvents.Volumes | ClusterEvents.NodeAdded;

    public bool Prepare(Attempt attempt)
    {
        var wanted = VolumesOf(attempt.Pod).Distinct().ToList();
        attempt.SetState(new Wanted(wanted));
        return wanted.Count > 0;
    }

    public Verdict Filter(Attempt attempt, int node)
    {
        if (catalog.Drivers.Get("", attempt.Nodes[node]!.Name) is not { } drivers)
        {
            return Verdict.Fits;
        }

        HashSet<(string Driver, string Volume)>? there = null;
        foreach (var group in attempt.State<Wanted>().Volumes.GroupBy(v => v.Driver))
        {
            if (drivers.Spec.Drivers.Find(d => d.Name == group.Key)?.Allocatable?.Count is not { } limit)
            {
                continue;
            }

            there ??= [.. attempt.Nodes.PodsOn(node).SelectMany(p => VolumesOf(p.Pod))];
            if (there.Union(group).Count(v => v.Driver == group.Key) > limit)
            {
                return new Verdict(attempt.Reasons.Bit(Name, "node(s) exceed max volume count"), false);
            }
        }

        return Verdict.Fits;
    }

    // A volume that several Pods of a node share is attached once.
    private IEnumerable<(string Driver, string Volume)> VolumesOf(Pod pod)
    {
        foreach (var (name, _) in PodClaims.HasAny(pod) ? PodClaims.NamesOf(pod) : [])
        {
            if (catalog.Claims.Get(pod.Namespace, name) is not { } claim)
            {
                continue;
            }

            if (claim.Spec.VolumeName.Length > 0 && catalog.Volumes.Get("", claim.Spec.VolumeName) is { Spec.Csi: { } csi })
            {
                yield return (csi.Driver, csi.VolumeHandle);
            }
            else if (claim.Spec.VolumeName.Length == 0 && catalog.ClassOf(claim)?.Provisioner is { Length: > 0 } provisioner)
            {
                yield return (provisioner, claim.Key); // not made yet: counted by its claim
            }
        }
    }

    private sealed record Wanted(List<(string Driver, string Volume)> Volumes);
}
