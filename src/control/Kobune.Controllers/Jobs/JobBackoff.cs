using Kobune.Runtime;

namespace Kobune.Controllers.Jobs;

/// <summary>How long a Job waits before it replaces failed Pods: 10 s after the first failure since the last success, doubling to 10 minutes.</summary>
internal sealed record JobBackoff(int Failures, DateTimeOffset? LastFailure)
{
    private static readonly Backoff Delays = new(TimeSpan.FromSeconds(10), TimeSpan.FromMinutes(10));

    public static JobBackoff None { get; } = new(0, null);

    /// <summary>The record after these ends; a success wipes out the failures before it.</summary>
    public JobBackoff After(IEnumerable<DateTimeOffset?> successes, IReadOnlyCollection<DateTimeOffset?> failures)
    {
        var lastSuccess = successes.Max();
        var counted = failures.Where(f => lastSuccess is null || f > lastSuccess).ToList();
        var kept = lastSuccess is null || LastFailure > lastSuccess ? Failures : 0;
        return kept + counted.Count == 0 ? None : new JobBackoff(kept + counted.Count, counted.Append(kept > 0 ? LastFailure : null).Max());
    }

    public TimeSpan Remaining(DateTimeOffset now) => Remaining(Failures, LastFailure, now);

    public static TimeSpan Remaining(int failures, DateTimeOffset? last, DateTimeOffset now)
    {
        var left = failures == 0 || last is null ? TimeSpan.Zero : last.Value + Delays.Delay(failures - 1) - now;
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }
}
