using Kobune.Runtime.Metrics;

namespace Kobune.ApiServer.FlowControl;

/// <summary>What flow control did, under upstream's names.</summary>
internal sealed class FlowMetrics
{
    private static readonly double[] WaitBounds = [0, 0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30];
    private readonly Counter rejected;

    public FlowMetrics(MetricRegistry registry, SeatPool pool)
    {
        rejected = registry.Counter("apiserver_flowcontrol_rejected_requests_total", "Number of requests rejected by API Priority and Fairness subsystem", "flow_schema", "priority_level", "reason");
        Dispatched = registry.Counter("apiserver_flowcontrol_dispatched_requests_total", "Number of requests executed by API Priority and Fairness subsystem", "flow_schema", "priority_level");
        Waited = registry.Histogram("apiserver_flowcontrol_request_wait_duration_seconds", "Length of time a request spent waiting in its queue", WaitBounds, "execute", "flow_schema", "priority_level");
        registry.Observe("apiserver_flowcontrol_current_executing_seats", "Concurrency (number of seats) occupied by the currently executing requests", "gauge", ["priority_level"],
            () => pool.Levels.Select(l => (new[] { l.Name }, (double)l.InUse)));
        registry.Observe("apiserver_flowcontrol_current_inqueue_requests", "Number of requests currently pending in queues", "gauge", ["priority_level"],
            () => pool.Levels.Select(l => (new[] { l.Name }, (double)l.Waiting)));
        registry.Observe("apiserver_flowcontrol_nominal_limit_seats", "Nominal number of execution seats configured for each priority level", "gauge", ["priority_level"],
            () => pool.Levels.Select(l => (new[] { l.Name }, (double)l.Nominal)));
    }

    public Counter Dispatched { get; }
    public Histogram Waited { get; }

    public void Rejected(string schema, string level, FlowRefusal why) => rejected.Add(1, schema, level, why switch
    {
        FlowRefusal.QueueFull => "queue-full",
        FlowRefusal.ConcurrencyLimit => "concurrency-limit",
        _ => "time-out",
    });
}
