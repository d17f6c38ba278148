using Kobune.Api.Batch.V1;

namespace Kobune.Controllers.Jobs;

/// <summary>Why a Job is to end, before and after the last of its Pods is gone.</summary>
internal sealed record JobVerdict(bool Succeeds, string Reason, string Message)
{
    /// <summary>The condition that says so while Pods are still ending.</summary>
    public string InterimType => Succeeds ? JobConditions.SuccessCriteriaMet : JobConditions.FailureTarget;

    public string FinalType => Succeeds ? JobConditions.Complete : JobConditions.Failed;
}

/// <summary>The conditions of a Job, with the reasons and messages that clients look for.</summary>
internal static class JobConditions
{
    public const string Complete = "Complete";
    public const string Failed = "Failed";
    public const string Suspended = "Suspended";
    public const string FailureTarget = "FailureTarget";
    public const string SuccessCriteriaMet = "SuccessCriteriaMet";

    public static JobVerdict CompletionsReached { get; } = new(true, "CompletionsReached", "Reached expected number of succeeded pods");

    public static JobVerdict BackoffLimitExceeded { get; } = new(false, "BackoffLimitExceeded", "Job has reached the specified backoff limit");

    public static JobVerdict DeadlineExceeded { get; } = new(false, "DeadlineExceeded", "Job was active longer than specified deadline");

    public static JobVerdict MaxFailedIndexesExceeded { get; } = new(false, "MaxFailedIndexesExceeded", "Job has exceeded the specified maximal number of failed indexes");

    public static JobVerdict FailedIndexes { get; } = new(false, "FailedIndexes", "Job has failed indexes");

    public static JobVerdict PodFailurePolicy(string message) => new(false, "PodFailurePolicy", message);

    public static JobVerdict SuccessPolicy(int rule) => new(true, "SuccessPolicy", $"Matched rules at index {rule}");

    public static JobCondition? Find(Job job, string type) => job.Status.Conditions.Find(c => c.Type == type && c.Status == "True");

    public static bool IsFinished(Job job) => Find(job, Complete) is not null || Find(job, Failed) is not null;

    /// <summary>What was decided earlier, or null.</summary>
    public static JobVerdict? Decided(Job job) =>
        Find(job, FailureTarget) is { } failed ? new JobVerdict(false, failed.Reason, failed.Message)
        : Find(job, SuccessCriteriaMet) is { } succeeded ? new JobVerdict(true, succeeded.Reason, succeeded.Message)
        : null;

    /// <summary>Sets the condition; one that was never there is not added as False. True when something changed.</summary>
    public static bool Set(Job job, string type, bool value, string reason, string message, DateTimeOffset now)
    {
        var status = value ? "True" : "False";
        var current = job.Status.Conditions.Find(c => c.Type == type);
        if (current is null ? !value : current.Status == status && current.Reason == reason && current.Message == message)
        {
            return false;
        }

        job.Status.Conditions.RemoveAll(c => c.Type == type);
        job.Status.Conditions.Add(new JobCondition { Type = type, Status = status, Reason = reason, Message = message, LastProbeTime = now, LastTransitionTime = now });
        return true;
    }
}
