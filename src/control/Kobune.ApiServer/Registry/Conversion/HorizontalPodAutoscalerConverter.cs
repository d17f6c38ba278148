using Kobune.Api;
using V1 = Kobune.Api.Autoscaling.V1;
using V2 = Kobune.Api.Autoscaling.V2;

namespace Kobune.ApiServer.Registry.Conversion;

/// <summary>
/// autoscaling/v1 autoscalers as the v2 ones that they are stored as. v1 knows only a CPU percentage; what else v2 holds
/// travels in annotations, as upstream does it, so that a v1 client's read and write loses nothing.
/// </summary>
internal sealed class HorizontalPodAutoscalerConverter : IVersionConverter
{
    private const string MetricsAnnotation = "autoscaling.alpha.kubernetes.io/metrics";
    private const string BehaviorAnnotation = "autoscaling.alpha.kubernetes.io/behavior";

    public KubeObject FromStorage(KubeObject stored)
    {
        var from = (V2.HorizontalPodAutoscaler)stored;
        var to = new V1.HorizontalPodAutoscaler { Metadata = from.Metadata };
        to.Spec.ScaleTargetRef = new V1.CrossVersionObjectReference { ApiVersion = from.Spec.ScaleTargetRef.ApiVersion, Kind = from.Spec.ScaleTargetRef.Kind, Name = from.Spec.ScaleTargetRef.Name };
        to.Spec.MinReplicas = from.Spec.MinReplicas;
        to.Spec.MaxReplicas = from.Spec.MaxReplicas;
        to.Status.ObservedGeneration = from.Status.ObservedGeneration;
        to.Status.LastScaleTime = from.Status.LastScaleTime;
        to.Status.CurrentReplicas = from.Status.CurrentReplicas;
        to.Status.DesiredReplicas = from.Status.DesiredReplicas;
        var others = new List<V2.MetricSpec>();
        foreach (var metric in from.Spec.Metrics)
        {
            if (to.Spec.TargetCPUUtilizationPercentage is null && metric.Resource is { Name: "cpu", Target.AverageUtilization: { } percent })
            {
                to.Spec.TargetCPUUtilizationPercentage = percent;
            }
            else
            {
                others.Add(metric);
            }
        }

        foreach (var metric in from.Status.CurrentMetrics)
        {
            if (metric.Resource is { Name: "cpu", Current.AverageUtilization: { } percent })
            {
                to.Status.CurrentCPUUtilizationPercentage = percent;
            }
        }

        if (others.Count > 0 || from.Spec.Behavior is not null)
        {
            to.Metadata = from.Metadata.Clone();
            if (others.Count > 0)
            {
                to.Metadata.Annotations[MetricsAnnotation] = "[" + string.Join(",", others.Select(m => m.ToString())) + "]";
            }

            if (from.Spec.Behavior is { } behavior)
            {
                to.Metadata.Annotations[BehaviorAnnotation] = behavior.ToString();
            }
        }

        return to;
    }

    public KubeObject ToStorage(KubeObject served)
    {
        var from = (V1.HorizontalPodAutoscaler)served;
        var to = new V2.HorizontalPodAutoscaler { Metadata = from.Metadata.Clone() };
        to.Spec.ScaleTargetRef = new V2.CrossVersionObjectReference { ApiVersion = from.Spec.ScaleTargetRef.ApiVersion, Kind = from.Spec.ScaleTargetRef.Kind, Name = from.Spec.ScaleTargetRef.Name };
        to.Spec.MinReplicas = from.Spec.MinReplicas;
        to.Spec.MaxReplicas = from.Spec.MaxReplicas;
        to.Status.ObservedGeneration = from.Status.ObservedGeneration;
        to.Status.LastScaleTime = from.Status.LastScaleTime;
        to.Status.CurrentReplicas = from.Status.CurrentReplicas;
        to.Status.DesiredReplicas = from.Status.DesiredReplicas;
        if (from.Spec.TargetCPUUtilizationPercentage is { } percent)
        {
            to.Spec.Metrics.Add(new V2.MetricSpec
            {
                Type = "Resource",
                Resource = new V2.ResourceMetricSource { Name = "cpu", Target = new V2.MetricTarget { Type = "Utilization", AverageUtilization = percent } },
            });
        }

        RestoreAnnotations(to);
        return to;
    }

    private static void RestoreAnnotations(V2.HorizontalPodAutoscaler to)
    {
        var annotations = to.Metadata.Annotations;
        if (annotations.Remove(MetricsAnnotation, out var metrics))
        {
            using var document = System.Text.Json.JsonDocument.Parse(metrics);
            foreach (var element in document.RootElement.EnumerateArray())
            {
                to.Spec.Metrics.Add(KubeJson.Read<V2.MetricSpec>(System.Text.Encoding.UTF8.GetBytes(element.GetRawText())));
            }
        }

        if (annotations.Remove(BehaviorAnnotation, out var behavior))
        {
            to.Spec.Behavior = KubeJson.Read<V2.HorizontalPodAutoscalerBehavior>(System.Text.Encoding.UTF8.GetBytes(behavior));
        }
    }
}
