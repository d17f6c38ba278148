using Kobune.Api;
using Kobune.Api.Batch.V1;

namespace Kobune.Controllers.CronJobs;

/// <summary>The last time that a CronJob should have run and did not, and when it is to run next.</summary>
/// <param name="Latest">The most recent time that is due; null when none is.</param>
/// <param name="TooMany">More than a hundred were missed, which is worth a warning.</param>
/// <param name="Next">The first time after now.</param>
internal sealed record MissedRuns(DateTimeOffset? Latest, bool TooMany, DateTimeOffset? Next)
{
    private const int Many = 100;

    public static MissedRuns Of(CronJob cron, CronSchedule schedule, TimeZoneInfo zone, DateTimeOffset now)
    {
        var since = cron.Status.LastScheduleTime ?? cron.Metadata.CreationTimestamp ?? now;
        if (cron.Spec.StartingDeadlineSeconds is { } deadline && now.AddSeconds(-deadline) is var oldest && oldest > since)
        {
            since = oldest;
        }

        var next = schedule.Next(now, zone);
        if (schedule.Next(since, zone) is not { } first || first > now)
        {
            return new MissedRuns(null, false, next);
        }

        if (schedule.Next(first, zone) is not { } second || second > now)
        {
            return new MissedRuns(first, false, next);
        }

        var between = second - first;
        return new MissedRuns(FindLatest(schedule, zone, first, between, now), (now - first) / between + 1 > Many, next);
    }

    // Looks back from now, twice as far each time, until the window holds a run: the times may be many and uneven.
    private static DateTimeOffset FindLatest(CronSchedule schedule, TimeZoneInfo zone, DateTimeOffset first, TimeSpan between, DateTimeOffset now)
    {
        for (var window = between; ; window *= 2)
        {
            var from = now - window;
            DateTimeOffset? latest = from <= first ? first : null;
            var time = schedule.Next(latest ?? from, zone);
            while (time <= now)
            {
                latest = time;
                time = schedule.Next(time.Value, zone);
            }

            if (latest is { } found)
            {
                return found;
            }
        }
    }
}
