using Kobune.Api.Apps.V1;
using Kobune.Client;

namespace Kobune.Controllers.Deployments;

// Bringing the sizes of the ReplicaSets to the Deployment's replicas, outside a rollout and in the middle of one.
internal sealed partial class DeploymentController
{
    /// <summary>The Deployment's replicas have changed since its ReplicaSets were last sized.</summary>
    private static bool IsBeingScaled(Rollout rollout) => rollout.All.Any(r =>
        Rollout.SizeOf(r) > 0 && DeploymentAnnotations.Number(r, DeploymentAnnotations.DesiredReplicas) is { } desired && desired != rollout.Replicas);

    private async Task ScaleAsync(Rollout rollout, CancellationToken cancellationToken)
    {
        if (ActiveOrLatest(rollout) is { } only)
        {
            await ResizeAsync(rollout, only, rollout.Replicas, cancellationToken);
        }
        else if (IsSaturated(rollout))
        {
            foreach (var old in rollout.ActiveOld.ToList())
            {
                await ResizeAsync(rollout, old, 0, cancellationToken);
            }
        }
        else if (RollingUpdate.IsRolling(rollout.Deployment))
        {
            await ScaleProportionallyAsync(rollout, cancellationToken);
        }
    }

    private static ReplicaSet? ActiveOrLatest(Rollout rollout)
    {
        var active = rollout.All.Where(r => Rollout.SizeOf(r) > 0).ToList();
        return active.Count switch
        {
            0 => rollout.Newest ?? rollout.Old.Order(Rollout.OldestFirst).LastOrDefault(),
            1 => active[0],
            _ => null,
        };
    }

    private static bool IsSaturated(Rollout rollout) =>
        rollout.Newest is { } newest
        && Rollout.SizeOf(newest) == rollout.Replicas
        && DeploymentAnnotations.Number(newest, DeploymentAnnotations.DesiredReplicas) == rollout.Replicas
        && newest.Status.AvailableReplicas == rollout.Replicas;

    private async Task ScaleProportionallyAsync(Rollout rollout, CancellationToken cancellationToken)
    {
        var active = rollout.All.Where(r => Rollout.SizeOf(r) > 0).ToList();
        var growing = (rollout.Replicas > 0 ? rollout.Replicas + rollout.MaxSurge : 0) > active.Sum(Rollout.SizeOf);
        var ordered = growing
            ? active.OrderByDescending(Rollout.SizeOf).ThenDescending(Rollout.OldestFirst).ToList()
            : active.OrderByDescending(Rollout.SizeOf).ThenAscending(Rollout.OldestFirst).ToList();
        var parts = ordered.ConvertAll(r => new ProportionalScaling.Part(
            Rollout.SizeOf(r),
            DeploymentAnnotations.Number(r, DeploymentAnnotations.MaxReplicas) is { } max and > 0 ? max : rollout.Deployment.Status.Replicas));
        var sizes = ProportionalScaling.Spread(parts, rollout.Replicas, rollout.MaxSurge);
        for (var i = 0; i < ordered.Count; i++)
        {
            await ResizeAsync(rollout, ordered[i], sizes[i], cancellationToken);
        }
    }

    /// <summary>Sets the size and the size annotations; true when the size was another.</summary>
    private async Task<bool> ResizeAsync(Rollout rollout, ReplicaSet replicaSet, int size, CancellationToken cancellationToken)
    {
        var before = Rollout.SizeOf(replicaSet);
        var most = rollout.Replicas + rollout.MaxSurge;
        if (before == size && !DeploymentAnnotations.SizesDiffer(replicaSet, rollout.Replicas, most))
        {
            return false;
        }

        var changed = replicaSet.Clone();
        changed.Spec.Replicas = size;
        DeploymentAnnotations.SetSizes(changed, rollout.Replicas, most);
        rollout.Replace((await Client.UpdateAsync(changed, cancellationToken: cancellationToken)).Clone());
        if (before == size)
        {
            return false;
        }

        var direction = before < size ? "up" : "down";
        Events.Normal(rollout.Deployment, "ScalingReplicaSet", $"Scaled {direction} replica set {replicaSet.Metadata.Name} from {before} to {size}");
        return true;
    }
}
