using Kobune.Api;
using Kobune.Api.Apps.V1;
using Kobune.Api.Core.V1;
using Kobune.Api.Meta.V1;
using Kobune.Client;
using Kobune.Controllers.History;
using Kobune.Runtime;

namespace Kobune.Controllers.StatefulSets;

/// <summary>
/// Runs Pods with lasting names and volumes: created in order and removed in reverse order (or all at once, when Parallel),
/// updated from the last to the first down to the partition. One step per reconcile; the Pods' changes bring the next.
/// Names are fixed, so the API server itself sees to it that no two Pods of one name ever exist.
/// </summary>
internal sealed class StatefulSetController : Controller
{
    private readonly ILister<StatefulSet> _sets;
    private readonly ILister<Pod> _pods;
    private readonly ILister<PersistentVolumeClaim> _claims;
    private readonly RevisionHistory _history;

    public StatefulSetController(ControllerContext context) : base(context, "statefulset-controller", workers: 5)
    {
        Writes<StatefulSet>();
        Writes<Pod>();
        Writes<PersistentVolumeClaim>();
        Writes<ControllerRevision>();
        _sets = Reconciles<StatefulSet>();
        _pods = Watches<Pod>(OnPod);
        _claims = Watches<PersistentVolumeClaim>();
        _history = new RevisionHistory(Client, Watches<ControllerRevision>());
    }

    protected override async Task ReconcileAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        if (_sets.Get(key) is not { } set)
        {
            return;
        }

        var selector = LabelSelectors.From(set.Spec.Selector);
        var candidates = _pods.List(key.Namespace).Where(p => StatefulPods.OrdinalOf(set, p) is not null);
        var pods = await Owners.ClaimAsync(Client, set, candidates, p => selector.Matches(p.Metadata.Labels) && StatefulPods.OrdinalOf(set, p) is not null, cancellationToken);
        if (set.Metadata.DeletionTimestamp is not null)
        {
            return;
        }

        var (update, collisions) = await _history.CurrentAsync(set, set.Spec.Template, set.Spec.Selector?.MatchLabels ?? [], set.Status.CollisionCount, cancellationToken);
        var current = _history.Of(set).FirstOrDefault(r => r.Name == set.Status.CurrentRevision) ?? update;
        var plan = new StatefulPlan(set, pods, current.Name, update.Name, Now);
        foreach (var step in plan.Steps())
        {
            await TakeAsync(set, step, current, update, cancellationToken);
        }

        await UpdateStatusAsync(set, plan.Status(collisions), cancellationToken);
        await _history.TruncateAsync(set, [current.Name, update.Name, .. pods.Select(StatefulPods.RevisionOf)], set.Spec.RevisionHistoryLimit ?? 10, cancellationToken);
        if (set.Spec.MinReadySeconds > 0 && pods.Where(p => !p.IsAvailable(set.Spec.MinReadySeconds, Now)).Select(p => p.AvailableAt(set.Spec.MinReadySeconds)).Min() is { } next)
        {
            Queue.AddAfter(key, next - Now);
        }
    }

    private Task TakeAsync(StatefulSet set, StatefulStep step, ControllerRevision current, ControllerRevision update, CancellationToken cancellationToken)
    {
        if (step.Delete is { } pod)
        {
            if (step.Reason is { } reason)
            {
                Events.Warning(set, reason, $"StatefulSet {set.Key} is recreating {(reason == "RecreatingFailedPod" ? "failed" : "terminated")} Pod {pod.Name}");
            }

            return DeleteAsync(set, pod, step.ScalesDown, cancellationToken);
        }

        var revision = step.Revision == update.Name ? update : current;
        var template = revision == update ? set.Spec.Template : RevisionHistory.TemplateOf(revision);
        return CreateAsync(set, step.Ordinal, StatefulPods.Make(set, template, step.Ordinal, revision.Name), cancellationToken);
    }

    private async Task CreateAsync(StatefulSet set, int ordinal, Pod pod, CancellationToken cancellationToken)
    {
        try
        {
            await EnsureClaimsAsync(set, ordinal, pod.Name, cancellationToken);
            await Client.CreateAsync(pod, cancellationToken: cancellationToken);
            Events.Normal(set, "SuccessfulCreate", $"create Pod {pod.Name} in StatefulSet {set.Name} successful");
        }
        catch (Exception e) when (e.IsAlreadyExists() || e.IsNamespaceTerminating())
        {
            // the cache has not seen it yet; its event will bring us back
        }
        catch (KubeStatusException e)
        {
            Events.Warning(set, "FailedCreate", $"create Pod {pod.Name} in StatefulSet {set.Name} failed error: {e.Message}");
            throw;
        }
    }

    private async Task EnsureClaimsAsync(StatefulSet set, int ordinal, string pod, CancellationToken cancellationToken)
    {
        foreach (var claim in StatefulPods.MakeClaims(set, ordinal))
        {
            if (_claims.Get(claim.Namespace, claim.Name) is not null)
            {
                continue;
            }

            try
            {
                await Client.CreateAsync(claim, cancellationToken: cancellationToken);
                Events.Normal(set, "SuccessfulCreate", $"create Claim {claim.Name} Pod {pod} in StatefulSet {set.Name} success");
            }
            catch (Exception e) when (e.IsAlreadyExists())
            {
                // kept from an earlier Pod of this name
            }
        }
    }

    private async Task DeleteAsync(StatefulSet set, Pod pod, bool scalesDown, CancellationToken cancellationToken)
    {
        if (scalesDown && set.Spec.PersistentVolumeClaimRetentionPolicy?.WhenScaled == "Delete")
        {
            await GiveClaimsToAsync(set, pod, cancellationToken);
        }

        try
        {
            await Client.DeleteAsync<Pod>(pod.Namespace, pod.Name, new DeleteOptions { Preconditions = new Preconditions { Uid = pod.Metadata.Uid } }, cancellationToken);
            Events.Normal(set, "SuccessfulDelete", $"delete Pod {pod.Name} in StatefulSet {set.Name} successful");
        }
        catch (Exception e) when (e.IsNotFound())
        {
            // gone already
        }
    }

    // The claims of a Pod that is scaled away go with it: the Pod owns them, the garbage collector does the rest.
    private async Task GiveClaimsToAsync(StatefulSet set, Pod pod, CancellationToken cancellationToken)
    {
        foreach (var template in set.Spec.VolumeClaimTemplates)
        {
            if (_claims.Get(set.Namespace, StatefulPods.ClaimNameOf(set, template, StatefulPods.OrdinalOf(set, pod)!.Value)) is { } claim
                && claim.Metadata.OwnerReferences.TrueForAll(o => o.Uid != pod.Metadata.Uid))
            {
                var changed = claim.Clone();
                changed.Metadata.OwnerReferences = [new OwnerReference { ApiVersion = "v1", Kind = "Pod", Name = pod.Name, Uid = pod.Metadata.Uid }];
                await Client.UpdateAsync(changed, cancellationToken: cancellationToken);
            }
        }
    }

    private async Task UpdateStatusAsync(StatefulSet set, StatefulSetStatus status, CancellationToken cancellationToken)
    {
        if (!ApiStruct.DeepEquals(set.Status, status))
        {
            var changed = set.Clone();
            changed.Status = status;
            await Client.UpdateStatusAsync(changed, cancellationToken: cancellationToken);
        }
    }

    private void OnPod(InformerEvent<Pod> change)
    {
        if (Indexes.ControllerOf(change.Object) is { } reference)
        {
            if (reference.Kind == "StatefulSet" && _sets.Get(change.Object.Namespace, reference.Name) is { } owner && owner.Metadata.Uid == reference.Uid)
            {
                Queue.Add(ObjectKey.Of(owner));
            }
        }
        else if (change.Type != InformerEventType.Deleted)
        {
            foreach (var set in _sets.List(change.Object.Namespace).Where(s => StatefulPods.OrdinalOf(s, change.Object) is not null && LabelSelectors.From(s.Spec.Selector).Matches(change.Object.Metadata.Labels)))
            {
                Queue.Add(ObjectKey.Of(set));
            }
        }
    }
}
