using System.Collections.Concurrent;
using Kobune.Runtime;

namespace Kobune.Controllers.Jobs;

/// <summary>The failures of each Job since its last success. Kept in memory only: after a restart a Job waits less, never longer.</summary>
internal sealed class BackoffRecords
{
    private readonly ConcurrentDictionary<ObjectKey, JobBackoff> _records = new();

    public JobBackoff Of(ObjectKey job) => _records.GetValueOrDefault(job, JobBackoff.None);

    public void Set(ObjectKey job, JobBackoff record) => _records[job] = record;

    public void Forget(ObjectKey job) => _records.TryRemove(job, out _);
}
