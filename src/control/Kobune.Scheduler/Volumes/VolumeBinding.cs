using Kobune.Scheduler.Framework;

namespace Kobune.Scheduler.Volumes;

/// <summary>A node must reach the Pod's volumes, and have or get storage for the claims that wait for a node.</summary>
internal sealed class VolumeBinding(VolumeCatalog catalog) : IFilterPlugin
{
    private readonly VolumeMatching _matching = new(catalog);

    public string Name => "VolumeBinding";

    public ClusterEvents HelpedBy => ClusterEvents.Volumes | ClusterEvents.NodeAdded | ClusterEvents.NodeLabels;

    public bool Prepare(Attempt attempt)
    {
        if (!PodClaims.HasAny(attempt.Pod))
        {
            return false;
        }

        var (claims, refusal) = PodClaims.Of(attempt.Pod, catalog);
        if (claims is null)
        {
            attempt.Refuse(Name, refusal!);
            return false;
        }

        attempt.SetState(claims);
        return claims.Bound.Count + claims.Waiting.Count > 0;
    }

    public Verdict Filter(Attempt attempt, int node)
    {
        var claims = attempt.State<PodClaims>();
        var info = attempt.Nodes[node]!;
        foreach (var claim in claims.Bound)
        {
            if (catalog.Volumes.Get("", claim.Spec.VolumeName) is not { } volume)
            {
                return new Verdict(attempt.Reasons.Bit(Name, "node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)"), true);
            }

            if (!VolumeMatching.IsReachable(volume, info))
            {
                return new Verdict(attempt.Reasons.Bit(Name, "node(s) didn't match PersistentVolume's node affinity"), true);
            }
        }

        return claims.Waiting.Count == 0 || _matching.Choose(claims.Waiting, info) is not null
            ? Verdict.Fits
            : new Verdict(attempt.Reasons.Bit(Name, "node(s) didn't find available persistent volumes to bind"), true);
    }
}
