using Kobune.Api;
using Kobune.Api.Batch.V1;
using Kobune.Api.Core.V1;
using Kobune.Client;
using Kobune.Runtime;

namespace Kobune.Controllers.Jobs;

/// <summary>
/// Counting. Three writes for every Pod that ended: its uid into status.uncountedTerminatedPods; then the Pod's finalizer
/// away; then the uid out again and the counter up, in one write. Whatever is interrupted between them is found again.
/// </summary>
internal sealed partial class JobController
{
    // A status holds this many uids at most; the others wait for the next round.
    private const int MaxUncounted = 500;

    private async Task TrackAsync(ObjectKey key, Job before, JobSync sync, CancellationToken cancellationToken)
    {
        var job = sync.Job;
        var holding = sync.Pods.Where(sync.IsTracked).Select(p => p.Metadata.Uid).ToHashSet();
        holding.ExceptWith(_removals.Of(key));
        SetCounters(sync);
        CountReleased(job, holding);
        var finished = Note(sync, holding);
        if (sync.Verdict is { } verdict)
        {
            JobConditions.Set(job, verdict.InterimType, true, verdict.Reason, verdict.Message, Now);
        }

        job = await WriteAsync(before, job, cancellationToken);
        _backoffs.Set(key, sync.Backoff);
        foreach (var pod in finished)
        {
            await RemoveFinalizerAsync(key, pod, cancellationToken);
            holding.Remove(pod.Metadata.Uid);
        }

        var counted = job.Clone();
        CountReleased(counted, holding);
        var isFinal = sync.Verdict is not null && sync.HasSettled && Finish(counted, sync.Verdict, sync.Terminating);
        var written = await WriteAsync(job, counted, cancellationToken);
        if (isFinal)
        {
            Announce(written, sync.Verdict!);
        }
        else if (written.Status.UncountedTerminatedPods is { } left && (left.Succeeded.Count > 0 || left.Failed.Count > 0))
        {
            Queue.Add(key);
        }
    }

    private static void SetCounters(JobSync sync)
    {
        var status = sync.Job.Status;
        status.Active = sync.Active.Count + sync.Created;
        status.Ready = sync.Ready;
        status.Terminating = sync.Terminating;
        if (sync.Job.IsIndexed())
        {
            status.FailedIndexes = sync.FailedIndexes?.ToString();
        }
    }

    // Writes down the Pods that ended, and returns those that need to be held no longer.
    private static List<Pod> Note(JobSync sync, HashSet<string> holding)
    {
        var uncounted = sync.Job.Status.UncountedTerminatedPods!;
        var finished = new List<Pod>();
        var indexes = new List<int>();
        foreach (var pod in sync.Pods.Where(p => holding.Contains(p.Metadata.Uid) && MayGo(sync, p)))
        {
            if (uncounted.Succeeded.Count + uncounted.Failed.Count + indexes.Count >= MaxUncounted)
            {
                break;
            }

            finished.Add(pod);
            if (!sync.IsValid(pod))
            {
                continue;
            }

            if (pod.Status.Phase == "Succeeded")
            {
                NoteSuccess(sync, pod, uncounted, indexes);
            }
            else if (IsFailure(sync, pod) && !uncounted.Failed.Contains(pod.Metadata.Uid) && FailurePolicies.Judge(sync.Job, pod).Counts)
            {
                uncounted.Failed.Add(pod.Metadata.Uid);
            }
        }

        if (sync.Job.IsIndexed())
        {
            var all = IndexSet.Parse(sync.Job.Status.CompletedIndexes, sync.Completions).With(indexes);
            sync.Job.Status.CompletedIndexes = all.ToString();
            sync.Job.Status.Succeeded = all.Count;
        }

        return finished;
    }

    // An index in the status says all: it cannot be counted twice, and needs no uid.
    private static void NoteSuccess(JobSync sync, Pod pod, UncountedTerminatedPods uncounted, List<int> indexes)
    {
        if (sync.Job.IsIndexed())
        {
            indexes.Add(JobPods.IndexOf(pod)!.Value);
        }
        else if (!uncounted.Succeeded.Contains(pod.Metadata.Uid))
        {
            uncounted.Succeeded.Add(pod.Metadata.Uid);
        }
    }

    private static bool MayGo(JobSync sync, Pod pod)
    {
        if (sync.Job.Metadata.DeletionTimestamp is not null || pod.Status.Phase == "Succeeded" || (sync.Verdict is not null && sync.HasSettled))
        {
            return true;
        }

        // What is noted already goes on to be counted.
        return sync.Job.Status.UncountedTerminatedPods!.Failed.Contains(pod.Metadata.Uid) || JobPods.IsFailed(sync.Job, pod)
            && !(JobPods.IndexOf(pod) is { } index && sync.AwaitingReplacement.GetValueOrDefault(index)?.Metadata.Uid == pod.Metadata.Uid);
    }

    // When a Job fails, everything that it stops has failed; when it succeeds, only what failed by itself.
    private static bool IsFailure(JobSync sync, Pod pod) => sync.Verdict switch
    {
        { Succeeds: true } => pod.Status.Phase == "Failed",
        { Succeeds: false } => true,
        null => JobPods.IsFailed(sync.Job, pod),
    };

    // What was noted and is held no longer becomes a number.
    private static void CountReleased(Job job, HashSet<string> holding)
    {
        var uncounted = job.Status.UncountedTerminatedPods!;
        var noted = uncounted.Succeeded.Count + uncounted.Failed.Count;
        var succeeded = uncounted.Succeeded.FindAll(holding.Contains);
        var failed = uncounted.Failed.FindAll(holding.Contains);
        if (succeeded.Count + failed.Count == noted)
        {
            return;
        }

        job.Status.Succeeded += uncounted.Succeeded.Count - succeeded.Count;
        job.Status.Failed += uncounted.Failed.Count - failed.Count;
        job.Status.UncountedTerminatedPods = new UncountedTerminatedPods { Succeeded = succeeded, Failed = failed };
    }

    // The last condition comes when the last Pod is gone, so that "Complete" and "Failed" mean that nothing runs any more.
    private bool Finish(Job job, JobVerdict verdict, int terminating)
    {
        if (terminating > 0 || job.Status.Active > 0 || job.Status.UncountedTerminatedPods is { } left && (left.Succeeded.Count > 0 || left.Failed.Count > 0))
        {
            return false;
        }

        JobConditions.Set(job, verdict.FinalType, true, verdict.Reason, verdict.Message, Now);
        if (verdict.Succeeds)
        {
            job.Status.CompletionTime = Now;
        }

        return true;
    }

    private void Announce(Job job, JobVerdict verdict)
    {
        if (!verdict.Succeeds)
        {
            Events.Warning(job, verdict.Reason, verdict.Message);
            return;
        }

        if (job.Spec.Completions is { } completions && job.Status.Succeeded > completions)
        {
            Events.Warning(job, "TooManySucceededPods", "Too many succeeded pods running after completion count reached");
        }

        Events.Normal(job, "Completed", "Job completed");
    }

    private async Task<Job> WriteAsync(Job before, Job job, CancellationToken cancellationToken) =>
        ApiStruct.DeepEquals(before.Status, job.Status) ? job : await Client.UpdateStatusAsync(job, cancellationToken: cancellationToken);

    private async Task RemoveFinalizerAsync(ObjectKey key, Pod pod, CancellationToken cancellationToken)
    {
        var body = $$$"""{"metadata":{"uid":"{{{pod.Metadata.Uid}}}","$deleteFromPrimitiveList/finalizers":["{{{JobPods.Finalizer}}}"]}}""";
        _removals.Expect(key, pod.Metadata.Uid);
        try
        {
            await Client.PatchAsync<Pod>(pod.Namespace, pod.Name, PatchKind.StrategicMerge, body, cancellationToken: cancellationToken);
        }
        catch (Exception e) when (e.IsNotFound() || e.IsConflict())
        {
            _removals.Observed(key, pod.Metadata.Uid); // gone, or another of its name by now
        }
        catch
        {
            _removals.Observed(key, pod.Metadata.Uid);
            throw;
        }

        if (_pods.Get(pod.Namespace, pod.Name) is not { } cached || cached.Metadata.Uid != pod.Metadata.Uid || !JobPods.HasFinalizer(cached))
        {
            _removals.Observed(key, pod.Metadata.Uid); // its event came before we asked
        }
    }
}
