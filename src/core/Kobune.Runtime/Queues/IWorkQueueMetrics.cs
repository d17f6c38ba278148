namespace Kobune.Runtime;

/// <summary>Hears what happens to the keys of the work queues, by queue name.</summary>
public interface IWorkQueueMetrics
{
    void Added(string queue);

    void Retried(string queue);

    void Taken(string queue);

    void Finished(string queue);
}
