using System.Globalization;
using Kobune.Api;
using Kobune.Api.Apps.V1;
using Kobune.Client;

namespace Kobune.Controllers.Deployments;

// Which ReplicaSet is the newest, what revision it has, and how many old ones are kept.
internal sealed partial class DeploymentController
{
    /// <summary>
    /// Gives the newest ReplicaSet (an existing one with the same template, else with <paramref name="create"/> a new one)
    /// the highest revision, and notes that on the Deployment. Going back to an old template is therefore a new revision.
    /// </summary>
    private async Task SyncRevisionsAsync(Rollout rollout, bool create, CancellationToken cancellationToken)
    {
        var revision = rollout.Old.Select(DeploymentAnnotations.RevisionOf).DefaultIfEmpty().Max() + 1;
        if (rollout.Newest is { } existing)
        {
            await UseExistingAsync(rollout, existing, revision, cancellationToken);
        }
        else if (create)
        {
            await CreateNewestAsync(rollout, revision, cancellationToken);
        }
    }

    private async Task UseExistingAsync(Rollout rollout, ReplicaSet existing, long revision, CancellationToken cancellationToken)
    {
        var deployment = rollout.Deployment;
        var changed = DeploymentAnnotations.SetForNewest(deployment, existing, revision, exists: true);
        if (existing.Spec.MinReadySeconds != deployment.Spec.MinReadySeconds)
        {
            existing.Spec.MinReadySeconds = deployment.Spec.MinReadySeconds;
            changed = true;
        }

        if (changed)
        {
            existing = rollout.Replace((await Client.UpdateAsync(existing, cancellationToken: cancellationToken)).Clone());
        }

        await NoteRevisionAsync(rollout, DeploymentAnnotations.RevisionOf(existing), cancellationToken);
        if (DeploymentStatuses.HasProgressDeadline(deployment) && DeploymentStatuses.Find(rollout.Deployment.Status, DeploymentStatuses.Progressing) is null)
        {
            await SetProgressingAsync(rollout, "True", "FoundNewReplicaSet", $"Found new replica set \"{existing.Metadata.Name}\"", cancellationToken);
        }
    }

    private async Task CreateNewestAsync(Rollout rollout, long revision, CancellationToken cancellationToken)
    {
        var made = Make(rollout, revision);
        var isNew = true;
        try
        {
            made = (await Client.CreateAsync(made, cancellationToken: cancellationToken)).Clone();
        }
        catch (Exception e) when (e.IsAlreadyExists())
        {
            var other = await Client.GetAsync<ReplicaSet>(made.Metadata.Namespace, made.Metadata.Name, cancellationToken);
            if (!Owners.IsControlledBy(other, rollout.Deployment) || !PodTemplates.EqualIgnoringHash(other.Spec.Template, rollout.Deployment.Spec.Template))
            {
                await CountCollisionAsync(rollout, cancellationToken);
                throw;
            }

            made = other.Clone(); // ours: the cache had not seen it yet
            isNew = false;
        }
        catch (KubeStatusException e) when (!e.IsNamespaceTerminating())
        {
            var message = $"Failed to create new replica set \"{made.Metadata.Name}\": {e.Message}";
            await SetProgressingAsync(rollout, "False", "ReplicaSetCreateError", message, cancellationToken);
            Events.Warning(rollout.Deployment, "ReplicaSetCreateError", message);
            throw;
        }

        rollout.Newest = made;
        rollout.Replace(made);
        if (isNew && Rollout.SizeOf(made) > 0)
        {
            Events.Normal(rollout.Deployment, "ScalingReplicaSet", $"Scaled up replica set {made.Metadata.Name} from 0 to {Rollout.SizeOf(made)}");
        }

        await NoteRevisionAsync(rollout, revision, cancellationToken);
        if (isNew)
        {
            await SetProgressingAsync(rollout, "True", "NewReplicaSetCreated", $"Created new replica set \"{made.Metadata.Name}\"", cancellationToken);
        }
    }

    private static ReplicaSet Make(Rollout rollout, long revision)
    {
        var deployment = rollout.Deployment;
        var hash = PodTemplates.Hash(deployment.Spec.Template, deployment.Status.CollisionCount);
        var replicaSet = new ReplicaSet();
        replicaSet.Metadata.Name = deployment.Metadata.Name + "-" + hash;
        replicaSet.Metadata.Namespace = deployment.Metadata.Namespace;
        replicaSet.Metadata.OwnerReferences = [Owners.Controlled(deployment)];
        replicaSet.Spec.Template = deployment.Spec.Template.Clone();
        replicaSet.Spec.Template.Metadata.Labels[PodTemplates.HashLabel] = hash;
        replicaSet.Metadata.Labels = new Dictionary<string, string>(replicaSet.Spec.Template.Metadata.Labels);
        replicaSet.Spec.Selector = deployment.Spec.Selector!.Clone();
        replicaSet.Spec.Selector.MatchLabels[PodTemplates.HashLabel] = hash;
        replicaSet.Spec.MinReadySeconds = deployment.Spec.MinReadySeconds;
        replicaSet.Spec.Replicas = RollingUpdate.IsRolling(deployment)
            ? RollingUpdate.NewSize(rollout.Replicas, 0, rollout.Occupied, rollout.MaxSurge)
            : rollout.Replicas;
        DeploymentAnnotations.SetForNewest(deployment, replicaSet, revision, exists: false);
        return replicaSet;
    }

    private async Task CountCollisionAsync(Rollout rollout, CancellationToken cancellationToken)
    {
        rollout.Deployment.Status.CollisionCount = (rollout.Deployment.Status.CollisionCount ?? 0) + 1;
        await Client.UpdateStatusAsync(rollout.Deployment, cancellationToken: cancellationToken);
    }

    private async Task NoteRevisionAsync(Rollout rollout, long revision, CancellationToken cancellationToken)
    {
        var text = revision.ToString(CultureInfo.InvariantCulture);
        if (rollout.Deployment.Metadata.Annotations.GetValueOrDefault(DeploymentAnnotations.Revision) != text)
        {
            var changed = rollout.Deployment.Clone();
            changed.Metadata.Annotations[DeploymentAnnotations.Revision] = text;
            rollout.Deployment = (await Client.UpdateAsync(changed, cancellationToken: cancellationToken)).Clone();
        }
    }

    private async Task SetProgressingAsync(Rollout rollout, string status, string reason, string message, CancellationToken cancellationToken)
    {
        if (!DeploymentStatuses.HasProgressDeadline(rollout.Deployment))
        {
            return;
        }

        DeploymentStatuses.Set(rollout.Deployment.Status, DeploymentStatuses.Progressing, status, reason, message, Now);
        rollout.Deployment = (await Client.UpdateStatusAsync(rollout.Deployment, cancellationToken: cancellationToken)).Clone();
    }

    /// <summary>Deletes the old, empty ReplicaSets beyond the revision history limit, oldest revision first.</summary>
    private async Task CleanUpAsync(Rollout rollout, CancellationToken cancellationToken)
    {
        if (rollout.Deployment.Spec.RevisionHistoryLimit is not { } limit || limit == int.MaxValue)
        {
            return;
        }

        var old = rollout.Old.Where(r => r.Metadata.DeletionTimestamp is null).OrderBy(DeploymentAnnotations.RevisionOf).ToList();
        foreach (var replicaSet in old.Take(Math.Max(0, old.Count - limit)))
        {
            if (replicaSet.Status.Replicas == 0 && Rollout.SizeOf(replicaSet) == 0 && replicaSet.Metadata.Generation <= replicaSet.Status.ObservedGeneration)
            {
                await DeleteIfThereAsync(replicaSet, cancellationToken);
            }
        }
    }

    private async Task DeleteIfThereAsync(ReplicaSet replicaSet, CancellationToken cancellationToken)
    {
        try
        {
            await Client.DeleteAsync<ReplicaSet>(replicaSet.Metadata.Namespace, replicaSet.Metadata.Name, cancellationToken: cancellationToken);
        }
        catch (Exception e) when (e.IsNotFound())
        {
            // gone already
        }
    }
}
