using Kobune.Api;
using Kobune.Api.Autoscaling.V2;
using Kobune.Api.Core.V1;
using Kobune.Controllers.Resources;

namespace Kobune.Controllers.Autoscaling;

/// <summary>What one metric came to: the replicas that it asks for, its name in messages, and its place in the status.</summary>
internal sealed record MetricOutcome(int Replicas, string Name, MetricStatus Status);

/// <summary>Turns one entry of spec.metrics into a number of replicas.</summary>
internal sealed class MetricEvaluator(MetricsReader reader, ResourceCatalog catalog)
{
    /// <summary>What the metrics of one target are judged by.</summary>
    public sealed record Target(HorizontalPodAutoscaler Hpa, int Replicas, int StatusReplicas, string Selector, List<Pod> Pods, DateTimeOffset Now)
    {
        public Tolerance Tolerance { get; } = Tolerance.Of(Hpa);
    }

    /// <exception cref="MetricException">It cannot be had.</exception>
    public async Task<MetricOutcome> EvaluateAsync(MetricSpec metric, Target target, CancellationToken cancellationToken)
    {
        var reason = metric.Type is "Resource" or "ContainerResource" or "Pods" or "Object" or "External" ? $"FailedGet{metric.Type}Metric" : "InvalidMetricSourceType";
        try
        {
            return metric switch
            {
                { Type: "Resource", Resource: { } r } => await ResourceAsync(r.Name, null, r.Target, target, cancellationToken),
                { Type: "ContainerResource", ContainerResource: { } r } => await ResourceAsync(r.Name, r.Container, r.Target, target, cancellationToken),
                { Type: "Pods", Pods: { } p } => await PodsAsync(p, target, cancellationToken),
                { Type: "Object", Object: { } o } => await ObjectAsync(o, target, cancellationToken),
                { Type: "External", External: { } e } => await ExternalAsync(e, target, cancellationToken),
                _ => throw new InvalidOperationException($"unknown metric source type \"{metric.Type}\""),
            };
        }
        catch (Exception e) when (e is InvalidOperationException or KubeStatusException or KubeDecodeException or FormatException or System.Text.Json.JsonException or KeyNotFoundException)
        {
            throw new MetricException(reason, $"the HPA was unable to compute the replica count: {Prefix(metric)}{e.Message}", e);
        }
    }

    private static string Prefix(MetricSpec metric) => metric switch
    {
        { Resource: { } r } => $"failed to get {r.Name} {Measure(r.Target)}: unable to get metrics for resource {r.Name}: ",
        { ContainerResource: { } r } => $"failed to get {r.Name} {Measure(r.Target)}: unable to get metrics for resource {r.Name}: ",
        { Pods: { } p } => $"unable to get metric {p.Metric.Name}: ",
        { Object: { } o } => $"unable to get metric {o.Metric.Name}: {o.DescribedObject.Kind} on {o.DescribedObject.Name}: ",
        { External: { } e } => $"unable to get external metric {e.Metric.Name}: ",
        _ => "",
    };

    private static string Measure(MetricTarget target) => target.AverageUtilization is null ? "usage" : "utilization";

    private async Task<MetricOutcome> ResourceAsync(string resource, string? container, MetricTarget wanted, Target target, CancellationToken cancellationToken)
    {
        var samples = await reader.ResourceAsync(target.Hpa.Namespace, target.Selector, resource, container, cancellationToken);
        var proposal = wanted switch
        {
            { AverageValue: { } average } => ReplicaCalculator.ByAverage(target.Replicas, average.MilliValue, target.Pods, samples, resource, target.Tolerance, target.Now),
            { AverageUtilization: { } share } => ReplicaCalculator.ByUtilization(target.Replicas, share, target.Pods, samples, resource, container, target.Tolerance, target.Now),
            _ => throw new InvalidOperationException("invalid resource metric source: neither an average utilization target nor an average value (usage) target was set"),
        };
        var current = new MetricValueStatus { AverageUtilization = proposal.Utilization, AverageValue = Amount(proposal.MilliAverage) };
        var name = $"{resource} {(container is null ? "" : "container ")}resource{(proposal.Utilization is null ? "" : " utilization (percentage of request)")}";
        return new MetricOutcome(proposal.Replicas, name, container is null
            ? new MetricStatus { Type = "Resource", Resource = new ResourceMetricStatus { Name = resource, Current = current } }
            : new MetricStatus { Type = "ContainerResource", ContainerResource = new ContainerResourceMetricStatus { Name = resource, Container = container, Current = current } });
    }

    private async Task<MetricOutcome> PodsAsync(PodsMetricSource source, Target target, CancellationToken cancellationToken)
    {
        var samples = await reader.PodsAsync(target.Hpa.Namespace, target.Selector, source.Metric, cancellationToken);
        var average = source.Target.AverageValue ?? throw new InvalidOperationException("invalid pods metric source: no average value target was set");
        var proposal = ReplicaCalculator.ByAverage(target.Replicas, average.MilliValue, target.Pods, samples, "", target.Tolerance, target.Now);
        return new MetricOutcome(proposal.Replicas, $"pods metric {source.Metric.Name}", new MetricStatus
        {
            Type = "Pods",
            Pods = new PodsMetricStatus { Metric = source.Metric, Current = new MetricValueStatus { AverageValue = Amount(proposal.MilliAverage) } },
        });
    }

    private async Task<MetricOutcome> ObjectAsync(ObjectMetricSource source, Target target, CancellationToken cancellationToken)
    {
        var described = source.DescribedObject;
        var resource = catalog.Find(described.ApiVersion.Length == 0 ? "v1" : described.ApiVersion, described.Kind)?.QualifiedPlural
            ?? throw new InvalidOperationException($"no matches for kind \"{described.Kind}\" in version \"{described.ApiVersion}\"");
        var usage = await reader.ObjectAsync(target.Hpa.Namespace, resource, described.Name, source.Metric, cancellationToken);
        var (replicas, current) = Whole(usage, source.Target, target);
        return new MetricOutcome(replicas, $"{described.Kind} metric {source.Metric.Name}", new MetricStatus
        {
            Type = "Object",
            Object = new ObjectMetricStatus { Metric = source.Metric, DescribedObject = described, Current = current },
        });
    }

    private async Task<MetricOutcome> ExternalAsync(ExternalMetricSource source, Target target, CancellationToken cancellationToken)
    {
        var usage = await reader.ExternalAsync(target.Hpa.Namespace, source.Metric, cancellationToken);
        var (replicas, current) = Whole(usage, source.Target, target);
        return new MetricOutcome(replicas, $"external metric {source.Metric.Name}({LabelSelectors.Format(source.Metric.Selector)})", new MetricStatus
        {
            Type = "External",
            External = new ExternalMetricStatus { Metric = source.Metric, Current = current },
        });
    }

    // A metric that is not of the Pods: one value for all of them.
    private static (int Replicas, MetricValueStatus Current) Whole(long usage, MetricTarget wanted, Target target)
    {
        if (wanted is { Type: "AverageValue", AverageValue: { } average })
        {
            var share = ReplicaCalculator.ByShare(target.StatusReplicas, usage, average.MilliValue, target.Tolerance);
            return (share.Replicas, new MetricValueStatus { AverageValue = Amount(share.MilliAverage) });
        }

        var value = wanted.Value ?? throw new InvalidOperationException("invalid metric source: neither a value target nor an average value target was set");
        return (ReplicaCalculator.ByValue(target.Replicas, usage, value.MilliValue, target.Pods, target.Tolerance).Replicas, new MetricValueStatus { Value = Amount(usage) });
    }

    private static Quantity Amount(long milli) => Quantity.FromMilli(milli);
}
