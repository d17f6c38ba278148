using Kobune.Api.Batch.V1;
using Kobune.Controllers.Jobs;

namespace Kobune.Controllers.CronJobs;

/// <summary>Keeps as many finished Jobs of a CronJob as it wants to, the latest ones.</summary>
internal sealed class JobHistory(Func<CronJob, string, string, CancellationToken, Task> delete)
{
    public async Task TrimAsync(CronJob cron, List<Job> jobs, CancellationToken cancellationToken)
    {
        await TrimAsync(cron, jobs.FindAll(j => JobConditions.Find(j, JobConditions.Complete) is not null), cron.Spec.SuccessfulJobsHistoryLimit, cancellationToken);
        await TrimAsync(cron, jobs.FindAll(j => JobConditions.Find(j, JobConditions.Failed) is not null), cron.Spec.FailedJobsHistoryLimit, cancellationToken);
    }

    private async Task TrimAsync(CronJob cron, List<Job> finished, int? limit, CancellationToken cancellationToken)
    {
        if (limit is not { } keep || finished.Count <= keep)
        {
            return;
        }

        // Without a start time it never ran: it goes last, as the newest.
        var oldest = finished.OrderBy(j => j.Status.StartTime ?? DateTimeOffset.MaxValue).ThenBy(j => j.Name, StringComparer.Ordinal).Take(finished.Count - keep);
        foreach (var job in oldest.Where(j => j.Metadata.DeletionTimestamp is null))
        {
            await delete(cron, job.Name, job.Metadata.Uid, cancellationToken);
        }
    }
}
