using System.Globalization;
using Kobune.Api;
using Kobune.Api.Apps.V1;

namespace Kobune.Controllers.Deployments;

/// <summary>The annotations by which a Deployment and its ReplicaSets remember revisions and sizes.</summary>
internal static class DeploymentAnnotations
{
    public const string Revision = "deployment.kubernetes.io/revision";
    public const string RevisionHistory = "deployment.kubernetes.io/revision-history";
    public const string DesiredReplicas = "deployment.kubernetes.io/desired-replicas";
    public const string MaxReplicas = "deployment.kubernetes.io/max-replicas";
    private const string LastApplied = "kubectl.kubernetes.io/last-applied-configuration";
    private const string RollbackTo = "deprecated.deployment.rollback.to";
    private const int HistoryLength = 2000;

    public static long RevisionOf(KubeObject obj) =>
        obj.Metadata.Annotations.TryGetValue(Revision, out var text) && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var revision) ? revision : 0;

    public static int? Number(KubeObject obj, string annotation) =>
        obj.Metadata.Annotations.TryGetValue(annotation, out var text) && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    /// <summary>Notes the sizes on the ReplicaSet; true when that changed something.</summary>
    public static bool SetSizes(ReplicaSet replicaSet, int desired, int max) =>
        Set(replicaSet, DesiredReplicas, desired) | Set(replicaSet, MaxReplicas, max);

    public static bool SizesDiffer(ReplicaSet replicaSet, int desired, int max) =>
        Number(replicaSet, DesiredReplicas) != desired || Number(replicaSet, MaxReplicas) != max;

    /// <summary>Brings the annotations of the newest ReplicaSet up to the Deployment's; true when that changed something.</summary>
    public static bool SetForNewest(Deployment deployment, ReplicaSet replicaSet, long revision, bool exists)
    {
        var changed = CopyFrom(deployment, replicaSet);
        var old = replicaSet.Metadata.Annotations.GetValueOrDefault(Revision);
        if (RevisionOf(replicaSet) < revision)
        {
            replicaSet.Metadata.Annotations[Revision] = revision.ToString(CultureInfo.InvariantCulture);
            changed = true;
            if (old is { Length: > 0 })
            {
                AppendHistory(replicaSet, old);
            }
        }

        return (!exists && SetSizes(replicaSet, RollingUpdate.Replicas(deployment), RollingUpdate.Replicas(deployment) + RollingUpdate.MaxSurge(deployment))) || changed;
    }

    // A ReplicaSet that becomes the newest again keeps the numbers that it had, so that `rollout history` can tell.
    private static void AppendHistory(ReplicaSet replicaSet, string old)
    {
        var history = replicaSet.Metadata.Annotations.GetValueOrDefault(RevisionHistory, "");
        history = history.Length == 0 ? old : history + "," + old;
        while (history.Length > HistoryLength && history.IndexOf(',', StringComparison.Ordinal) is var comma and >= 0)
        {
            history = history[(comma + 1)..];
        }

        replicaSet.Metadata.Annotations[RevisionHistory] = history;
    }

    private static bool CopyFrom(Deployment deployment, ReplicaSet replicaSet)
    {
        var changed = false;
        foreach (var (key, value) in deployment.Metadata.Annotations)
        {
            if (key is LastApplied or Revision or RevisionHistory or DesiredReplicas or MaxReplicas or RollbackTo
                || replicaSet.Metadata.Annotations.GetValueOrDefault(key) == value)
            {
                continue;
            }

            replicaSet.Metadata.Annotations[key] = value;
            changed = true;
        }

        return changed;
    }

    private static bool Set(ReplicaSet replicaSet, string annotation, int number)
    {
        var text = number.ToString(CultureInfo.InvariantCulture);
        if (replicaSet.Metadata.Annotations.GetValueOrDefault(annotation) == text)
        {
            return false;
        }

        replicaSet.Metadata.Annotations[annotation] = text;
        return true;
    }
}
