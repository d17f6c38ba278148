using Kobune.Scheduler.Framework;

namespace Kobune.Scheduler.Volumes;

/// <summary>Volumes that carry the labels of a zone or region are used only there.</summary>
internal sealed class VolumeZone(VolumeCatalog catalog) : IFilterPlugin
{
    private static readonly string[] Keys =
    [
        "topology.kubernetes.io/zone", "topology.kubernetes.io/region", "failure-domain.beta.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/region",
    ];

    public string Name => "VolumeZone";

    public ClusterEvents HelpedBy => ClusterEvents.Volumes | ClusterEvents.NodeAdded | ClusterEvents.NodeLabels;

    public bool Prepare(Attempt attempt)
    {
        if (!PodClaims.HasAny(attempt.Pod))
        {
            return false;
        }

        var zones = new List<(string Key, HashSet<string> Values)>();
        foreach (var (name, _) in PodClaims.NamesOf(attempt.Pod))
        {
            var labels = catalog.Claims.Get(attempt.Pod.Namespace, name) is { Spec.VolumeName: { Length: > 0 } volume } ? catalog.Volumes.Get("", volume)?.Metadata.Labels : null;
            zones.AddRange(Keys.Where(k => labels?.ContainsKey(k) == true).Select(k => (k, labels![k].Split("__").ToHashSet(StringComparer.Ordinal))));
        }

        attempt.SetState(zones);
        return zones.Count > 0;
    }

    public Verdict Filter(Attempt attempt, int node)
    {
        var labels = attempt.Nodes[node]!.Metadata.Labels;
        var zones = attempt.State<List<(string Key, HashSet<string> Values)>>();
        return zones.TrueForAll(z => labels.TryGetValue(z.Key, out var value) && z.Values.Contains(value))
            ? Verdict.Fits
            : new Verdict(attempt.Reasons.Bit(Name, "node(s) had no available volume zone"), true);
    }
}
