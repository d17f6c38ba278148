using Kobune.Api.Core.V1;
using Kobune.Scheduler.Framework;

namespace Kobune.Scheduler.Volumes;

/// <summary>A claim with ReadWriteOncePod belongs to one Pod at a time, in the whole cluster.</summary>
internal sealed class VolumeRestrictions(VolumeCatalog catalog) : IFilterPlugin
{
    private const string OncePod = "ReadWriteOncePod";

    public string Name => "VolumeRestrictions";

    public ClusterEvents HelpedBy => ClusterEvents.PodRemoved | ClusterEvents.Volumes | ClusterEvents.NodeAdded;

    public bool Prepare(Attempt attempt)
    {
        if (!PodClaims.HasAny(attempt.Pod))
        {
            return false;
        }

        var exclusive = PodClaims.NamesOf(attempt.Pod).Select(n => n.Name)
            .Where(n => catalog.Claims.Get(attempt.Pod.Namespace, n)?.Spec.AccessModes.Contains(OncePod) == true).ToHashSet(StringComparer.Ordinal);
        attempt.SetState(new Exclusive(attempt.Pod.Namespace, exclusive));
        return exclusive.Count > 0;
    }

    public Verdict Filter(Attempt attempt, int node)
    {
        // Only on the node of the other Pod could its end help; elsewhere the claim is just as taken.
        var claims = attempt.State<Exclusive>();
        for (var other = 0; other < attempt.Nodes.Limit; other++)
        {
            foreach (var pod in attempt.Nodes[other] is null ? [] : attempt.Nodes.PodsOn(other))
            {
                if (pod.Uid != attempt.Facts.Uid && claims.IsUsedBy(pod.Pod))
                {
                    return new Verdict(attempt.Reasons.Bit(Name, "node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode"), other != node);
                }
            }
        }

        return Verdict.Fits;
    }

    private sealed record Exclusive(string Namespace, HashSet<string> Claims)
    {
        public bool IsUsedBy(Pod pod) => pod.Namespace == Namespace && PodClaims.HasAny(pod) && PodClaims.NamesOf(pod).Any(n => Claims.Contains(n.Name));
    }
}
