using Kobune.Api.Apps.V1;

namespace Kobune.Controllers.Deployments;

/// <summary>A Deployment with its ReplicaSets while it is being reconciled. All are private copies.</summary>
internal sealed class Rollout(Deployment deployment, List<ReplicaSet> all)
{
    public Deployment Deployment { get; set; } = deployment;

    /// <summary>The ReplicaSet of the Deployment's present template, once it exists.</summary>
    public ReplicaSet? Newest { get; set; } = all.Order(OldestFirst).FirstOrDefault(r => PodTemplates.EqualIgnoringHash(r.Spec.Template, deployment.Spec.Template));

    public IEnumerable<ReplicaSet> Old => _all.Where(r => r.Metadata.Uid != Newest?.Metadata.Uid);

    public IReadOnlyList<ReplicaSet> All => _all;

    public IEnumerable<ReplicaSet> ActiveOld => Old.Where(r => SizeOf(r) > 0);

    private readonly List<ReplicaSet> _all = all;

    public int Replicas => RollingUpdate.Replicas(Deployment);

    public int MaxSurge => RollingUpdate.MaxSurge(Deployment);

    public int MaxUnavailable => RollingUpdate.MaxUnavailable(Deployment);

    public static Comparer<ReplicaSet> OldestFirst { get; } = Comparer<ReplicaSet>.Create(static (a, b) =>
        Nullable.Compare(a.Metadata.CreationTimestamp, b.Metadata.CreationTimestamp) is var order and not 0
            ? order
            : string.CompareOrdinal(a.Metadata.Name, b.Metadata.Name));

    public static int SizeOf(ReplicaSet replicaSet) => replicaSet.Spec.Replicas ?? 1;

    /// <summary>
    /// How many Pods there may be: of a ReplicaSet that was told to shrink those that it has not deleted yet still count,
    /// so that not even for a moment there are more than maxSurge allows.
    /// </summary>
    public int Occupied => _all.Sum(r => Math.Max(SizeOf(r), r.Status.Replicas));

    /// <summary>Puts what the API server returned in the place of what it was made from.</summary>
    public ReplicaSet Replace(ReplicaSet updated)
    {
        var index = _all.FindIndex(r => r.Metadata.Uid == updated.Metadata.Uid);
        if (index < 0)
        {
            _all.Add(updated);
        }
        else
        {
            _all[index] = updated;
        }

        if (Newest?.Metadata.Uid == updated.Metadata.Uid)
        {
            Newest = updated;
        }

        return updated;
    }
}
