using Kobune.Api;
using Kobune.Api.Apps.V1;
using Kobune.Api.Core.V1;
using Kobune.Api.Meta.V1;
using Kobune.Api.Policy.V1;
using Kobune.Client;
using Kobune.Runtime;

namespace Kobune.Controllers.Disruption;

/// <summary>
/// Keeps the status of every PodDisruptionBudget: how many of its Pods are healthy, how many must be, and so how many may be
/// evicted now. Evictions that the API server has granted count until their Pods are gone, two minutes at most.
/// </summary>
internal sealed class DisruptionController : Controller
{
    private static readonly TimeSpan DeletionTimeout = TimeSpan.FromMinutes(2);

    private readonly ILister<PodDisruptionBudget> _budgets;
    private readonly ILister<Pod> _pods;
    private readonly ILister<ReplicaSet> _replicaSets;
    private readonly ILister<ReplicationController> _replicationControllers;
    private readonly ILister<StatefulSet> _statefulSets;
    private readonly ILister<Deployment> _deployments;

    public DisruptionController(ControllerContext context) : base(context, "disruption-controller", workers: 1)
    {
        Writes<PodDisruptionBudget>();
        _budgets = Reconciles<PodDisruptionBudget>();
        _pods = Watches<Pod>(OnPod);
        _replicaSets = Watches<ReplicaSet>(c => OnScale(c.Object.Namespace, c.Old?.Spec.Replicas, c.Object.Spec.Replicas));
        _replicationControllers = Watches<ReplicationController>(c => OnScale(c.Object.Namespace, c.Old?.Spec.Replicas, c.Object.Spec.Replicas));
        _statefulSets = Watches<StatefulSet>(c => OnScale(c.Object.Namespace, c.Old?.Spec.Replicas, c.Object.Spec.Replicas));
        _deployments = Watches<Deployment>(c => OnScale(c.Object.Namespace, c.Old?.Spec.Replicas, c.Object.Spec.Replicas));
    }

    protected override async Task ReconcileAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        if (_budgets.Get(key) is not { Metadata.DeletionTimestamp: null } budget)
        {
            return;
        }

        var selector = LabelSelectors.From(budget.Spec.Selector);
        var pods = _pods.List(key.Namespace).Where(p => !p.IsTerminal() && selector.Matches(p.Metadata.Labels)).ToList();
        if (pods.Count == 0)
        {
            Events.Normal(budget, "NoPods", "No matching pods found");
        }

        var changed = budget.Clone();
        var status = changed.Status;
        var recheck = KeepDisrupted(status, pods);
        var healthy = pods.Count(p => p.IsReady() && !p.IsTerminating() && !status.DisruptedPods.ContainsKey(p.Name));
        var (expected, desired) = Bounds(budget, pods);
        status.ObservedGeneration = budget.Metadata.Generation;
        status.CurrentHealthy = healthy;
        status.DesiredHealthy = desired;
        status.ExpectedPods = expected;
        status.DisruptionsAllowed = expected <= 0 ? 0 : Math.Max(0, healthy - desired);
        SetCondition(budget, status);
        if (!ApiStruct.DeepEquals(budget.Status, status))
        {
            await Client.UpdateStatusAsync(changed, cancellationToken: cancellationToken);
        }

        if (recheck is { } wait)
        {
            Queue.AddAfter(key, wait);
        }
    }

    private (int Expected, int Desired) Bounds(PodDisruptionBudget budget, List<Pod> pods)
    {
        if (budget.Spec.MaxUnavailable is { } most)
        {
            var expected = ExpectedScale(pods);
            return (expected, Math.Max(0, expected - most.Scaled(expected, roundUp: true)));
        }

        if (budget.Spec.MinAvailable is { IsString: true } share)
        {
            var expected = ExpectedScale(pods);
            return (expected, share.Scaled(expected, roundUp: true));
        }

        return (pods.Count, budget.Spec.MinAvailable?.IntValue ?? 0);
    }

    /// <summary>What the controllers of the Pods are meant to run in all; a Pod without one counts for nothing.</summary>
    private int ExpectedScale(List<Pod> pods)
    {
        var scales = new Dictionary<string, int>();
        foreach (var pod in pods)
        {
            if (Indexes.ControllerOf(pod) is { } reference && ScaleOf(pod.Namespace, reference) is { } scale)
            {
                scales[scale.Uid] = scale.Replicas;
            }
        }

        return scales.Values.Sum();
    }

    private (string Uid, int Replicas)? ScaleOf(string ns, OwnerReference reference)
    {
        switch (reference.Kind)
        {
            case "ReplicaSet" when _replicaSets.Get(ns, reference.Name) is { } set && set.Metadata.Uid == reference.Uid:
                return Indexes.ControllerOf(set) is { Kind: "Deployment" } parent && _deployments.Get(ns, parent.Name) is { } deployment && deployment.Metadata.Uid == parent.Uid
                    ? (deployment.Metadata.Uid, deployment.Spec.Replicas ?? 1)
                    : (set.Metadata.Uid, set.Spec.Replicas ?? 1);
            case "StatefulSet" when _statefulSets.Get(ns, reference.Name) is { } set && set.Metadata.Uid == reference.Uid:
                return (set.Metadata.Uid, set.Spec.Replicas ?? 1);
            case "ReplicationController" when _replicationControllers.Get(ns, reference.Name) is { } controller && controller.Metadata.Uid == reference.Uid:
                return (controller.Metadata.Uid, controller.Spec.Replicas ?? 1);
            default:
                return null;
        }
    }

    // Evicted Pods that are gone, or are being deleted, or after all were not deleted, need not be remembered.
    private TimeSpan? KeepDisrupted(PodDisruptionBudgetStatus status, List<Pod> pods)
    {
        TimeSpan? recheck = null;
        foreach (var (name, at) in status.DisruptedPods.ToList())
        {
            var left = (at is DateTimeOffset time ? time : Now) + DeletionTimeout - Now;
            if (left <= TimeSpan.Zero || pods.Find(p => p.Name == name) is not { } pod || pod.IsTerminating())
            {
                status.DisruptedPods.Remove(name);
            }
            else
            {
                recheck = recheck is { } sooner && sooner < left ? sooner : left;
            }
        }

        return recheck;
    }

    private void SetCondition(PodDisruptionBudget budget, PodDisruptionBudgetStatus status)
    {
        var allowed = status.DisruptionsAllowed > 0;
        var condition = status.Conditions.Find(c => c.Type == "DisruptionAllowed");
        if (condition is null)
        {
            status.Conditions.Add(condition = new Condition { Type = "DisruptionAllowed" });
        }

        if (condition.Status != (allowed ? "True" : "False"))
        {
            condition.LastTransitionTime = Now;
        }

        condition.Status = allowed ? "True" : "False";
        condition.Reason = allowed ? "SufficientPods" : "InsufficientPods";
        condition.ObservedGeneration = budget.Metadata.Generation;
    }

    private void OnPod(InformerEvent<Pod> change)
    {
        foreach (var budget in _budgets.List(change.Object.Namespace))
        {
            var selector = LabelSelectors.From(budget.Spec.Selector);
            if (selector.Matches(change.Object.Metadata.Labels) || (change.Old is { } old && selector.Matches(old.Metadata.Labels)))
            {
                Queue.Add(ObjectKey.Of(budget));
            }
        }
    }

    private void OnScale(string ns, int? before, int? now)
    {
        if (before != now)
        {
            foreach (var budget in _budgets.List(ns))
            {
                Queue.Add(ObjectKey.Of(budget));
            }
        }
    }
}
