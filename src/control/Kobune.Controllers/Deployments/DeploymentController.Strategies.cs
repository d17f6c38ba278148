using Kobune.Api.Apps.V1;

namespace Kobune.Controllers.Deployments;

// The two ways to replace old Pods by new ones. One step per reconcile: the change of a ReplicaSet's status brings the next.
internal sealed partial class DeploymentController
{
    private async Task RollAsync(Rollout rollout, CancellationToken cancellationToken)
    {
        await SyncRevisionsAsync(rollout, create: true, cancellationToken);
        if (!await GrowNewestAsync(rollout, cancellationToken) && !await ShrinkOldAsync(rollout, cancellationToken)
            && DeploymentStatuses.IsComplete(rollout.Deployment, rollout.Deployment.Status))
        {
            await CleanUpAsync(rollout, cancellationToken);
        }

        await SyncStatusAsync(rollout, cancellationToken);
    }

    private Task<bool> GrowNewestAsync(Rollout rollout, CancellationToken cancellationToken)
    {
        var newest = rollout.Newest!;
        var current = Rollout.SizeOf(newest);
        if (current == rollout.Replicas)
        {
            return Task.FromResult(false);
        }

        var size = current > rollout.Replicas
            ? rollout.Replicas
            : RollingUpdate.NewSize(rollout.Replicas, current, rollout.Occupied, rollout.MaxSurge);
        return size == current ? Task.FromResult(false) : ResizeAsync(rollout, newest, size, cancellationToken);
    }

    private async Task<bool> ShrinkOldAsync(Rollout rollout, CancellationToken cancellationToken)
    {
        var newest = rollout.Newest!;
        var budget = RollingUpdate.MaxScaleDown(
            rollout.Replicas, rollout.MaxUnavailable, rollout.All.Sum(Rollout.SizeOf), Rollout.SizeOf(newest), newest.Status.AvailableReplicas);
        if (!rollout.ActiveOld.Any() || budget <= 0)
        {
            return false;
        }

        // The broken ones go first: they serve nobody, and waiting for them would block the rollout.
        var broken = await ShrinkUnhealthyAsync(rollout, budget, cancellationToken);
        var healthy = await ShrinkAvailableAsync(rollout, budget - broken, cancellationToken);
        return broken + healthy > 0;
    }

    private async Task<int> ShrinkUnhealthyAsync(Rollout rollout, int budget, CancellationToken cancellationToken)
    {
        var total = 0;
        foreach (var old in rollout.ActiveOld.Order(Rollout.OldestFirst).ToList())
        {
            var count = Math.Min(budget - total, Rollout.SizeOf(old) - old.Status.AvailableReplicas);
            if (total >= budget || count <= 0)
            {
                continue;
            }

            await ResizeAsync(rollout, old, Rollout.SizeOf(old) - count, cancellationToken);
            total += count;
        }

        return total;
    }

    private async Task<int> ShrinkAvailableAsync(Rollout rollout, int budget, CancellationToken cancellationToken)
    {
        // A status may be older than the size: Pods beyond the size are on their way out and must not be counted on.
        var available = rollout.All.Sum(r => Math.Min(r.Status.AvailableReplicas, Rollout.SizeOf(r)));
        var spare = Math.Min(budget, available - (rollout.Replicas - rollout.MaxUnavailable));
        var total = 0;
        foreach (var old in rollout.ActiveOld.Order(Rollout.OldestFirst).ToList())
        {
            var count = Math.Min(Rollout.SizeOf(old), spare - total);
            if (count <= 0)
            {
                break;
            }

            await ResizeAsync(rollout, old, Rollout.SizeOf(old) - count, cancellationToken);
            total += count;
        }

        return total;
    }

    private async Task RecreateAsync(Rollout rollout, CancellationToken cancellationToken)
    {
        await SyncRevisionsAsync(rollout, create: false, cancellationToken);
        var shrunk = false;
        foreach (var old in rollout.ActiveOld.ToList())
        {
            shrunk |= await ResizeAsync(rollout, old, 0, cancellationToken);
        }

        if (!shrunk && !OldPodsRun(rollout))
        {
            if (rollout.Newest is null)
            {
                await SyncRevisionsAsync(rollout, create: true, cancellationToken);
            }

            await ResizeAsync(rollout, rollout.Newest!, rollout.Replicas, cancellationToken);
            if (DeploymentStatuses.IsComplete(rollout.Deployment, rollout.Deployment.Status))
            {
                await CleanUpAsync(rollout, cancellationToken);
            }
        }

        await SyncStatusAsync(rollout, cancellationToken);
    }

    // A Pod that is being deleted still runs: Recreate promises that two versions never run together.
    private bool OldPodsRun(Rollout rollout) => rollout.Old.Any(old =>
        old.Status.Replicas > 0 || _podsByController.Get(old.Metadata.Uid).Any(pod => !pod.IsTerminal()));
}
