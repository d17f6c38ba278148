using Kobune.Api;
using Kobune.Api.Apps.V1;
using Kobune.Client;
using Kobune.Runtime;

namespace Kobune.Controllers.Deployments;

// What the status says of a rollout: progressing, complete, stuck, paused.
internal sealed partial class DeploymentController
{
    private async Task NotePauseAsync(Rollout rollout, CancellationToken cancellationToken)
    {
        var condition = DeploymentStatuses.Find(rollout.Deployment.Status, DeploymentStatuses.Progressing);
        if (condition?.Reason == DeploymentStatuses.TimedOut)
        {
            return; // the failure is worth more than the pause
        }

        var isNoted = condition?.Reason == "DeploymentPaused";
        if (rollout.Deployment.Spec.Paused && !isNoted)
        {
            await SetProgressingAsync(rollout, "Unknown", "DeploymentPaused", "Deployment is paused", cancellationToken);
        }
        else if (!rollout.Deployment.Spec.Paused && isNoted)
        {
            await SetProgressingAsync(rollout, "Unknown", "DeploymentResumed", "Deployment is resumed", cancellationToken);
        }
    }

    private async Task SyncStatusAsync(Rollout rollout, CancellationToken cancellationToken)
    {
        var deployment = rollout.Deployment;
        var status = DeploymentStatuses.Compute(deployment, rollout.All, rollout.Newest, Now);
        if (DeploymentStatuses.HasProgressDeadline(deployment))
        {
            NoteProgress(rollout, status);
        }
        else
        {
            DeploymentStatuses.Remove(status, DeploymentStatuses.Progressing);
        }

        var failure = rollout.All.OrderByDescending(r => r.Metadata.Uid == rollout.Newest?.Metadata.Uid)
            .SelectMany(r => r.Status.Conditions).FirstOrDefault(c => c.Type == DeploymentStatuses.ReplicaFailure);
        if (failure is null)
        {
            DeploymentStatuses.Remove(status, DeploymentStatuses.ReplicaFailure);
        }
        else
        {
            DeploymentStatuses.Set(status, DeploymentStatuses.ReplicaFailure, failure.Status, failure.Reason, failure.Message, Now);
        }

        await UpdateStatusAsync(rollout, status, cancellationToken);
        WakeAtDeadline(rollout, status);
    }

    private void NoteProgress(Rollout rollout, DeploymentStatus status)
    {
        var deployment = rollout.Deployment;
        var current = DeploymentStatuses.Find(deployment.Status, DeploymentStatuses.Progressing);
        var what = rollout.Newest is { } newest ? $"ReplicaSet \"{newest.Metadata.Name}\"" : $"Deployment \"{deployment.Metadata.Name}\"";
        if (status.Replicas == status.UpdatedReplicas && current?.Reason == DeploymentStatuses.NewReplicaSetAvailable)
        {
            return; // complete before: being short of a Pod later is not a rollout
        }

        if (DeploymentStatuses.IsComplete(deployment, status))
        {
            DeploymentStatuses.Set(status, DeploymentStatuses.Progressing, "True", DeploymentStatuses.NewReplicaSetAvailable, $"{what} has successfully progressed.", Now);
        }
        else if (DeploymentStatuses.IsProgressing(deployment.Status, status))
        {
            // Set anew even when it says the same, because its update time starts the deadline again.
            var since = current?.Status == "True" ? current.LastTransitionTime : null;
            DeploymentStatuses.Remove(status, DeploymentStatuses.Progressing);
            DeploymentStatuses.Set(status, DeploymentStatuses.Progressing, "True", "ReplicaSetUpdated", $"{what} is progressing.", Now);
            if (since is not null)
            {
                DeploymentStatuses.Find(status, DeploymentStatuses.Progressing)!.LastTransitionTime = since;
            }
        }
        else if (DeploymentStatuses.IsTimedOut(deployment, status, Now))
        {
            DeploymentStatuses.Set(status, DeploymentStatuses.Progressing, "False", DeploymentStatuses.TimedOut, $"{what} has timed out progressing.", Now);
        }
    }

    private async Task UpdateStatusAsync(Rollout rollout, DeploymentStatus status, CancellationToken cancellationToken)
    {
        if (ApiStruct.DeepEquals(rollout.Deployment.Status, status))
        {
            return;
        }

        var changed = rollout.Deployment.Clone();
        changed.Status = status;
        rollout.Deployment = (await Client.UpdateStatusAsync(changed, cancellationToken: cancellationToken)).Clone();
    }

    // Nothing happens to a stuck rollout, so no event would tell that its deadline has passed.
    private void WakeAtDeadline(Rollout rollout, DeploymentStatus status)
    {
        var condition = DeploymentStatuses.Find(status, DeploymentStatuses.Progressing);
        if (!DeploymentStatuses.HasProgressDeadline(rollout.Deployment) || condition?.LastUpdateTime is not { } since
            || condition.Reason is DeploymentStatuses.TimedOut or DeploymentStatuses.NewReplicaSetAvailable || DeploymentStatuses.IsComplete(rollout.Deployment, status))
        {
            return;
        }

        var wait = since.AddSeconds(rollout.Deployment.Spec.ProgressDeadlineSeconds!.Value) - Now;
        Queue.AddAfter(ObjectKey.Of(rollout.Deployment), (wait > TimeSpan.Zero ? wait : TimeSpan.Zero) + TimeSpan.FromSeconds(1));
    }
}
