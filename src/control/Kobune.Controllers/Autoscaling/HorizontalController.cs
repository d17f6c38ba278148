using System.Collections.Concurrent;
using Kobune.Api;
using Kobune.Api.Autoscaling.V1;
using Kobune.Api.Autoscaling.V2;
using Kobune.Api.Core.V1;
using Kobune.Client;
using Kobune.Controllers.Resources;
using Kobune.Runtime;
using HorizontalPodAutoscaler = Kobune.Api.Autoscaling.V2.HorizontalPodAutoscaler;

namespace Kobune.Controllers.Autoscaling;

/// <summary>
/// Scales workloads with their load: every fifteen seconds it compares each HorizontalPodAutoscaler's metrics with their
/// targets; of several metrics the one that asks for most wins. When a metric cannot be had it never scales down.
/// </summary>
internal sealed class HorizontalController : Controller
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(15);

    private readonly ILister<HorizontalPodAutoscaler> _autoscalers;
    private readonly ILister<Pod> _pods;
    private readonly ScaleTargets _targets;
    private readonly MetricEvaluator _metrics;
    private readonly ConcurrentDictionary<ObjectKey, ScalingBehavior> _behaviors = new();

    public HorizontalController(ControllerContext context, ResourceCatalog catalog) : base(context, "horizontal-pod-autoscaler", workers: 5)
    {
        WritesAll(); // the scale of whatever kind; RBAC bounds it
        _autoscalers = Watches<HorizontalPodAutoscaler>(change =>
        {
            // Its own status is no reason to look again before the time.
            if (change.Old is not { } old || old.Metadata.Generation != change.Object.Metadata.Generation)
            {
                Queue.Add(change.Key);
            }
        });
        _pods = Watches<Pod>();
        _targets = new ScaleTargets(catalog, Client);
        _metrics = new MetricEvaluator(new MetricsReader(Client), catalog);
    }

    protected override async Task ReconcileAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        if (_autoscalers.Get(key) is not { Metadata.DeletionTimestamp: null } cached)
        {
            _behaviors.TryRemove(key, out _);
            return;
        }

        var hpa = cached.Clone();
        hpa.Status.ObservedGeneration = hpa.Metadata.Generation;
        await ScaleAsync(hpa, _behaviors.GetOrAdd(key, _ => new ScalingBehavior()), cancellationToken);
        if (!ApiStruct.DeepEquals(cached.Status, hpa.Status))
        {
            await Client.UpdateStatusAsync(hpa, cancellationToken: cancellationToken);
        }

        Queue.AddAfter(key, Period);
    }

    private async Task ScaleAsync(HorizontalPodAutoscaler hpa, ScalingBehavior behavior, CancellationToken cancellationToken)
    {
        ResourceInfo resource;
        Scale scale;
        try
        {
            (resource, scale) = await _targets.GetAsync(hpa.Namespace, hpa.Spec.ScaleTargetRef, cancellationToken);
        }
        catch (Exception e) when (e is InvalidOperationException or KubeStatusException)
        {
            Events.Warning(hpa, "FailedGetScale", e.Message);
            Set(hpa, "AbleToScale", false, "FailedGetScale", $"the HPA controller was unable to get the target's current scale: {e.Message}");
            return;
        }

        Set(hpa, "AbleToScale", true, "SucceededGetScale", "the HPA controller was able to get the target's current scale");
        var current = scale.Spec.Replicas;
        behavior.Begin(current, Now);
        hpa.Status.CurrentReplicas = current;
        var (desired, reason) = await DesireAsync(hpa, scale, behavior, cancellationToken);
        if (desired is not { } replicas)
        {
            return;
        }

        if (replicas != current && !await RescaleAsync(hpa, resource, scale, replicas, reason, cancellationToken))
        {
            replicas = current;
        }
        else if (replicas != current)
        {
            behavior.Scaled(replicas - current, Now);
            hpa.Status.LastScaleTime = Now;
        }

        hpa.Status.DesiredReplicas = replicas;
    }

    // How many there should be, and why; null when that cannot be said.
    private async Task<(int? Replicas, string Reason)> DesireAsync(HorizontalPodAutoscaler hpa, Scale scale, ScalingBehavior behavior, CancellationToken cancellationToken)
    {
        var current = scale.Spec.Replicas;
        var least = hpa.Spec.MinReplicas ?? 1;
        if (current == 0 && least != 0)
        {
            Set(hpa, "ScalingActive", false, "ScalingDisabled", "scaling is disabled since the replica count of the target is zero");
            return (0, "");
        }

        if (current > hpa.Spec.MaxReplicas)
        {
            return (hpa.Spec.MaxReplicas, "Current number of replicas above Spec.MaxReplicas");
        }

        if (current < least)
        {
            return (least, "Current number of replicas below Spec.MinReplicas");
        }

        if (await MeasureAsync(hpa, scale, cancellationToken) is not { } wanted)
        {
            return (null, "");
        }

        var reason = wanted.Replicas > current ? $"{wanted.Name} above target" : "All metrics below target";
        var stable = behavior.Stabilize(hpa, current, wanted.Replicas, Now);
        Set(hpa, "AbleToScale", true, stable.Reason ?? "ReadyForNewScale", stable.Reason is null ? "recommended size matches current size" : stable.Message);
        var limited = behavior.Limit(hpa, current, stable.Replicas, Now);
        Set(hpa, "ScalingLimited", limited.Reason is not null, limited.Reason ?? "DesiredWithinRange", limited.Reason is null ? "the desired count is within the acceptable range" : limited.Message);
        return (limited.Replicas, reason);
    }

    private async Task<(int Replicas, string Name)?> MeasureAsync(HorizontalPodAutoscaler hpa, Scale scale, CancellationToken cancellationToken)
    {
        if (Selected(hpa, scale) is not { } pods)
        {
            return null;
        }

        var target = new MetricEvaluator.Target(hpa, scale.Spec.Replicas, scale.Status.Replicas, scale.Status.Selector, pods, Now);
        var seen = new List<MetricStatus>();
        MetricException? failure = null;
        var failures = 0;
        (int Replicas, string Name) best = (0, "");
        foreach (var metric in hpa.Spec.Metrics)
        {
            try
            {
                var outcome = await _metrics.EvaluateAsync(metric, target, cancellationToken);
                seen.Add(outcome.Status);
                best = best.Name.Length == 0 || outcome.Replicas > best.Replicas ? (outcome.Replicas, outcome.Name) : best;
            }
            catch (MetricException e)
            {
                failure ??= e;
                failures++;
                Events.Warning(hpa, e.Reason, e.InnerException?.Message ?? e.Message);
            }
        }

        hpa.Status.CurrentMetrics = seen;
        if (failure is not null && (failures == hpa.Spec.Metrics.Count || best.Replicas < scale.Spec.Replicas))
        {
            Set(hpa, "ScalingActive", false, failure.Reason, failure.Message);
            Events.Warning(hpa, "FailedComputeMetricsReplicas", $"invalid metrics ({failures} invalid out of {hpa.Spec.Metrics.Count}), first error is: {failure.InnerException?.Message}");
            return null;
        }

        Set(hpa, "ScalingActive", true, "ValidMetricFound", $"the HPA was able to successfully calculate a replica count from {best.Name}");
        return best;
    }

    private List<Pod>? Selected(HorizontalPodAutoscaler hpa, Scale scale)
    {
        if (scale.Status.Selector.Length == 0)
        {
            Events.Warning(hpa, "SelectorRequired", "selector is required");
            Set(hpa, "ScalingActive", false, "InvalidSelector", "the HPA target's scale is missing a selector");
            return null;
        }

        try
        {
            var selector = LabelSelectors.Parse(scale.Status.Selector);
            return [.. _pods.List(hpa.Namespace).Where(p => selector.Matches(p.Metadata.Labels))];
        }
        catch (FormatException e)
        {
            Events.Warning(hpa, "InvalidSelector", e.Message);
            Set(hpa, "ScalingActive", false, "InvalidSelector", $"couldn't convert selector into a corresponding internal selector object: {e.Message}");
            return null;
        }
    }

    private async Task<bool> RescaleAsync(HorizontalPodAutoscaler hpa, ResourceInfo resource, Scale scale, int replicas, string reason, CancellationToken cancellationToken)
    {
        try
        {
            await _targets.SetAsync(resource, scale, replicas, cancellationToken);
        }
        catch (KubeStatusException e)
        {
            Events.Warning(hpa, "FailedRescale", $"New size: {replicas}; reason: {reason}; error: {e.Message}");
            Set(hpa, "AbleToScale", false, "FailedUpdateScale", $"the HPA controller was unable to update the target scale: {e.Message}");
            return false;
        }

        Set(hpa, "AbleToScale", true, "SucceededRescale", $"the HPA controller was able to update the target scale to {replicas}");
        Events.Normal(hpa, "SuccessfulRescale", $"New size: {replicas}; reason: {reason}");
        return true;
    }

    private void Set(HorizontalPodAutoscaler hpa, string type, bool value, string reason, string message)
    {
        var status = value ? "True" : "False";
        var condition = hpa.Status.Conditions.Find(c => c.Type == type);
        if (condition is null)
        {
            hpa.Status.Conditions.Add(condition = new HorizontalPodAutoscalerCondition { Type = type });
        }

        if (condition.Status != status)
        {
            condition.LastTransitionTime = Now;
        }

        (condition.Status, condition.Reason, condition.Message) = (status, reason, message);
    }
}
