using Kobune.Api.Autoscaling.V2;

namespace Kobune.ApiServer.Printing;

/// <summary>Rows of horizontal autoscalers: TARGETS shows what is measured against what is wanted.</summary>
internal static class AutoscalerPrinter
{
    private const int MostShown = 2;

    public static void Print(HorizontalPodAutoscaler o, Cells cells)
    {
        var target = o.Spec.ScaleTargetRef;
        cells.Text(o.Name).Text($"{target.Kind}/{target.Name}").Text(Targets(o)).Text(o.Spec.MinReplicas?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "<unset>")
            .Number(o.Spec.MaxReplicas).Number(o.Status.CurrentReplicas).Age(o.Metadata.CreationTimestamp);
    }

    private static string Targets(HorizontalPodAutoscaler o)
    {
        if (o.Spec.Metrics.Count == 0)
        {
            return "<none>";
        }

        var shown = o.Spec.Metrics.Take(MostShown).Select((metric, i) => One(metric, i < o.Status.CurrentMetrics.Count ? o.Status.CurrentMetrics[i] : null));
        var text = string.Join(", ", shown);
        return o.Spec.Metrics.Count > MostShown ? $"{text} + {o.Spec.Metrics.Count - MostShown} more..." : text;
    }

    private static string One(MetricSpec metric, MetricStatus? status)
    {
        var (name, target, current) = metric switch
        {
            { Resource: { } r } => (r.Name + ": ", r.Target, status?.Resource?.Current),
            { ContainerResource: { } c } => (c.Name + ": ", c.Target, status?.ContainerResource?.Current),
            { Pods: { } p } => ("", p.Target, status?.Pods?.Current),
            { Object: { } b } => ("", b.Target, status?.Object?.Current),
            { External: { } e } => ("", e.Target, status?.External?.Current),
            _ => ("", null, null),
        };
        if (target is null)
        {
            return "<unknown type>";
        }

        return target.AverageUtilization is { } percent
            ? $"{name}{(current?.AverageUtilization is { } now ? now + "%" : "<unknown>")}/{percent}%"
            : target.AverageValue is { } average
                ? $"{name}{current?.AverageValue?.ToString() ?? "<unknown>"}/{average}{(metric.Object is not null || metric.External is not null ? " (avg)" : "")}"
                : $"{name}{current?.Value?.ToString() ?? "<unknown>"}/{target.Value}";
    }
}
