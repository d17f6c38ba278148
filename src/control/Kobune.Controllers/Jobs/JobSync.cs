using Kobune.Api.Batch.V1;
using Kobune.Api.Core.V1;

namespace Kobune.Controllers.Jobs;

/// <summary>
/// What one look at a Job and its Pods tells: the counters as they are with the Pods that ended since the last look, and
/// the verdict that follows from them. A pure function; the controller acts on it.
/// </summary>
internal sealed class JobSync
{
    private readonly HashSet<string> _released;

    /// <param name="job">The controller's own copy; its status is brought up to date while it acts.</param>
    /// <param name="pods">All Pods of the Job in the cache.</param>
    /// <param name="released">Pods whose finalizer was removed, whatever the cache shows.</param>
    /// <param name="backoff">What was known about failures before.</param>
    /// <param name="now">The time of the look.</param>
    public JobSync(Job job, List<Pod> pods, HashSet<string> released, JobBackoff backoff, DateTimeOffset now)
    {
        Job = job;
        Pods = pods;
        Now = now;
        _released = released;
        Active = pods.FindAll(p => p.IsActive());
        Terminating = pods.Count(p => p.IsTerminating() && !p.IsTerminal());
        Ready = Active.Count(p => p.IsReady());
        var uncounted = job.Status.UncountedTerminatedPods ??= new UncountedTerminatedPods();
        var succeeded = Pods.FindAll(p => p.Status.Phase == "Succeeded" && IsTracked(p) && IsValid(p) && !uncounted.Succeeded.Contains(p.Metadata.Uid));
        NewlyFailed = Pods.FindAll(p => JobPods.IsFailed(job, p) && IsTracked(p) && IsValid(p) && !uncounted.Failed.Contains(p.Metadata.Uid));
        Backoff = backoff.After(succeeded.Select(JobPods.EndOf), [.. NewlyFailed.Select(JobPods.EndOf)]);
        Failed = job.Status.Failed + uncounted.Failed.Count + NewlyFailed.Count(p => FailurePolicies.Judge(job, p).Counts);
        Succeeded = job.Status.Succeeded + uncounted.Succeeded.Count + succeeded.Count;
        if (job.IsIndexed())
        {
            LookAtIndexes();
        }
    }

    public Job Job { get; }

    public List<Pod> Pods { get; }

    /// <summary>The Pods that run or will; the controller takes off those it deletes.</summary>
    public List<Pod> Active { get; }

    public List<Pod> NewlyFailed { get; }

    public DateTimeOffset Now { get; }

    public JobBackoff Backoff { get; }

    public int Succeeded { get; private set; }

    public int Failed { get; }

    public int Ready { get; set; }

    public int Terminating { get; set; }

    public IndexSet SucceededIndexes { get; private set; } = IndexSet.Empty;

    /// <summary>Null when failures are not counted per index.</summary>
    public IndexSet? FailedIndexes { get; private set; }

    /// <summary>Per index the failed Pod that must stay until its replacement exists, which takes over its count of failures.</summary>
    public Dictionary<int, Pod> AwaitingReplacement { get; } = [];

    public int Completions => Job.Spec.Completions ?? 0;

    /// <summary>Why the Job ends, once that is decided.</summary>
    public JobVerdict? Verdict { get; set; }

    /// <summary>Nothing that the cache does not show yet, and every active Pod is told to end.</summary>
    public bool HasSettled { get; set; }

    /// <summary>How many Pods were created since.</summary>
    public int Created { get; set; }

    /// <summary>The uids of the Pods that were deleted since.</summary>
    public HashSet<string> Deleted { get; } = [];

    /// <summary>The Pod still counts on us: it has the finalizer, and we did not remove it.</summary>
    public bool IsTracked(Pod pod) => JobPods.HasFinalizer(pod) && !_released.Contains(pod.Metadata.Uid);

    /// <summary>In an Indexed Job only Pods with an index below completions count.</summary>
    public bool IsValid(Pod pod) => !Job.IsIndexed() || JobPods.IndexOf(pod) < Completions;

    /// <summary>Why the Job ends now, apart from reaching its completions; null when it goes on.</summary>
    public JobVerdict? Judge()
    {
        if (JobConditions.Decided(Job) is { } decided)
        {
            return decided;
        }

        if (Pods.Where(p => JobPods.IsFailed(Job, p)).Select(p => FailurePolicies.Judge(Job, p).FailsJob).FirstOrDefault(m => m is not null) is { } message)
        {
            return JobConditions.PodFailurePolicy(message);
        }

        return SuccessPolicies.Met(Job, SucceededIndexes) is { } rule ? JobConditions.SuccessPolicy(rule)
            : Failed > (Job.Spec.BackoffLimit ?? 6) || HasRestartedTooOften() ? JobConditions.BackoffLimitExceeded
            : IsPastDeadline() ? JobConditions.DeadlineExceeded
            : FailedIndexes is not { Count: > 0 } failed ? null
            : failed.Count > Job.Spec.MaxFailedIndexes ? JobConditions.MaxFailedIndexesExceeded
            : failed.Count + SucceededIndexes.Count >= Completions ? JobConditions.FailedIndexes
            : null;
    }

    /// <summary>How long the Job may still run; null without a deadline.</summary>
    public TimeSpan? UntilDeadline() =>
        Job.Spec.ActiveDeadlineSeconds is { } seconds && Job.Status.StartTime is { } started && !Job.IsSuspended()
            ? started.AddSeconds(seconds) - Now
            : null;

    /// <summary>Everything has succeeded that should.</summary>
    public bool IsComplete(int active) =>
        Job.Spec.Completions is { } completions ? Succeeded >= completions && active == 0 : Succeeded > 0 && active == 0;

    private bool IsPastDeadline() => UntilDeadline() is { } left && left <= TimeSpan.Zero;

    // Containers that are restarted in place make no failed Pods, so their restarts count.
    private bool HasRestartedTooOften()
    {
        if (Job.Spec.Template.Spec.RestartPolicy != "OnFailure")
        {
            return false;
        }

        var restarts = Active.Where(p => p.Status.Phase is "Running" or "Pending")
            .Sum(p => p.Status.InitContainerStatuses.Concat(p.Status.ContainerStatuses).Sum(s => s.RestartCount));
        return Job.Spec.BackoffLimit == 0 ? restarts > 0 : restarts >= (Job.Spec.BackoffLimit ?? 6);
    }

    private void LookAtIndexes()
    {
        var succeeded = Pods.Where(p => p.Status.Phase == "Succeeded" && IsTracked(p) && IsValid(p)).Select(p => JobPods.IndexOf(p)!.Value);
        SucceededIndexes = IndexSet.Parse(Job.Status.CompletedIndexes, Completions).With(succeeded);
        Succeeded = SucceededIndexes.Count;
        if (Job.Spec.BackoffLimitPerIndex is not { } limit)
        {
            return;
        }

        var failing = Pods.FindAll(p => JobPods.IsFailed(Job, p) && IsTracked(p) && IsValid(p));
        var failed = failing.Where(p => FailurePolicies.Judge(Job, p) is var verdict
            && (verdict.FailsIndex || (verdict.Counts && JobPods.FailuresBefore(p).Counted >= limit)));
        FailedIndexes = IndexSet.Parse(Job.Status.FailedIndexes, Completions).With(failed.Select(p => JobPods.IndexOf(p)!.Value));
        var active = Active.Select(JobPods.IndexOf).ToHashSet();
        foreach (var pod in failing)
        {
            var index = JobPods.IndexOf(pod)!.Value;
            if (!SucceededIndexes.Contains(index) && !FailedIndexes.Contains(index) && !active.Contains(index)
                && (!AwaitingReplacement.TryGetValue(index, out var other) || IsLater(pod, other)))
            {
                AwaitingReplacement[index] = pod;
            }
        }
    }

    private static bool IsLater(Pod pod, Pod other)
    {
        var (a, b) = (JobPods.FailuresBefore(pod), JobPods.FailuresBefore(other));
        return a.Counted + a.Ignored > b.Counted + b.Ignored;
    }
}
