using System.Collections.Concurrent;

namespace Kobune.Runtime.Metrics;

/// <summary>The work queues' metrics under upstream's names, labelled by queue.</summary>
public sealed class WorkQueueMetrics(MetricRegistry registry) : IWorkQueueMetrics
{
    private readonly Counter _adds = registry.Counter("workqueue_adds_total", "Total number of adds handled by workqueue", "name");
    private readonly Counter _depth = registry.Gauge("workqueue_depth", "Current depth of workqueue", "name");
    private readonly Counter _retries = registry.Counter("workqueue_retries_total", "Total number of retries handled by workqueue", "name");
    private readonly Counter _working = registry.Gauge("workqueue_running", "Number of keys that are being worked on", "name");
    private readonly ConcurrentDictionary<string, Series> _queues = new(StringComparer.Ordinal);

    public void Added(string queue)
    {
        var series = Of(queue);
        series.Adds.Add(1);
        series.Depth.Add(1);
    }

    public void Retried(string queue) => Of(queue).Retries.Add(1);

    public void Taken(string queue)
    {
        var series = Of(queue);
        series.Depth.Add(-1);
        series.Working.Add(1);
    }

    public void Finished(string queue) => Of(queue).Working.Add(-1);

    private Series Of(string queue) => _queues.GetOrAdd(queue, q => new Series(_adds.With(q), _depth.With(q), _retries.With(q), _working.With(q)));

    private sealed record Series(Counter.Series Adds, Counter.Series Depth, Counter.Series Retries, Counter.Series Working);
}
