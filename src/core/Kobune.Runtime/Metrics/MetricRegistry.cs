using System.Collections.Concurrent;
using System.Text;

namespace Kobune.Runtime.Metrics;

/// <summary>
/// All metrics of one component, written in the Prometheus text format (0.0.4). Metrics are made once, under the name
/// that upstream's component gives them; recording is lock-free but for histograms.
/// </summary>
public sealed class MetricRegistry
{
    private readonly ConcurrentDictionary<string, Metric> _metrics = new(StringComparer.Ordinal);

    /// <summary>The metrics of this process that belong to no single server: work queues, outgoing requests.</summary>
    public static MetricRegistry Process { get; } = new();

    /// <summary>A number that only grows.</summary>
    public Counter Counter(string name, string help, params string[] labels) => (Counter)_metrics.GetOrAdd(name, _ => new Counter(name, help, "counter", labels));

    /// <summary>A number that is set, or goes up and down.</summary>
    public Counter Gauge(string name, string help, params string[] labels) => (Counter)_metrics.GetOrAdd(name, _ => new Counter(name, help, "gauge", labels));

    /// <summary>Counts observations in buckets with the given upper bounds, in ascending order.</summary>
    public Histogram Histogram(string name, string help, double[] bounds, params string[] labels) =>
        (Histogram)_metrics.GetOrAdd(name, _ => new Histogram(name, help, bounds, labels));

    /// <summary>A gauge that is asked for its samples when somebody reads the metrics.</summary>
    public void Observe(string name, string help, string type, string[] labels, Func<IEnumerable<(string[] Labels, double Value)>> samples) =>
        _metrics[name] = new Observed(name, help, type, labels, samples);

    /// <summary>Appends all metrics, by name.</summary>
    public void WriteTo(StringBuilder text)
    {
        foreach (var (_, metric) in _metrics.OrderBy(m => m.Key, StringComparer.Ordinal))
        {
            metric.WriteTo(text);
        }
    }
}
