using Kobune.Api.Batch.V1;
using Kobune.Api.Core.V1;
using Kobune.Api.Meta.V1;
using Kobune.Client;
using Kobune.Controllers.Replicas;
using Kobune.Runtime;

namespace Kobune.Controllers.Jobs;

/// <summary>Creating and deleting the Pods of a Job.</summary>
internal sealed partial class JobController
{
    // At most this many Pods are created or deleted in one reconcile (as upstream).
    private const int Burst = 500;

    private async Task<Exception?> ManageAsync(ObjectKey key, JobSync sync, CancellationToken cancellationToken)
    {
        var wanted = Wanted(sync);
        var victims = Victims(sync, Math.Max(0, sync.Active.Count - wanted));
        if (victims.Count > 0)
        {
            return (await DeleteAsync(key, sync, [.. victims.Take(Burst)], uncounted: true, cancellationToken)).Error;
        }

        var missing = wanted - sync.Active.Count - (sync.Job.ReplacesOnlyFailed() ? sync.Terminating : 0);
        return missing > 0 && !sync.Job.IsSuspended() ? await CreateAsync(key, sync, missing, cancellationToken) : null;
    }

    private static int Wanted(JobSync sync)
    {
        var spec = sync.Job.Spec;
        if (sync.Job.IsSuspended())
        {
            return 0;
        }

        var parallelism = spec.Parallelism ?? 1;
        return spec.Completions is { } completions ? Math.Clamp(completions - sync.Succeeded - (sync.FailedIndexes?.Count ?? 0), 0, parallelism)
            : sync.Succeeded > 0 ? Math.Min(sync.Active.Count, parallelism) // work is done: those that run may end
            : parallelism;
    }

    // Pods of an index that another Pod serves, or that does not exist any more, go in any case.
    private List<Pod> Victims(JobSync sync, int atLeast)
    {
        var victims = new List<Pod>();
        var rest = sync.Active.ToList();
        if (sync.Job.IsIndexed())
        {
            foreach (var same in sync.Active.GroupBy(JobPods.IndexOf))
            {
                var ranked = PodRanking.ToDelete([.. same], sync.Active, same.Count() - 1, Now);
                victims.AddRange(same.Key is { } index && index < sync.Completions ? ranked : same);
            }

            rest.RemoveAll(victims.Contains);
        }

        if (victims.Count < atLeast)
        {
            victims.AddRange(PodRanking.ToDelete(rest, sync.Active, atLeast - victims.Count, Now));
        }

        return victims;
    }

    private async Task<Exception?> CreateAsync(ObjectKey key, JobSync sync, int count, CancellationToken cancellationToken)
    {
        var job = sync.Job;
        if (job.Spec.BackoffLimitPerIndex is null && sync.Backoff.Remaining(Now) is { Ticks: > 0 } wait)
        {
            Queue.AddAfter(key, wait);
            return null;
        }

        var indexes = job.IsIndexed() ? PendingIndexes(key, sync, Math.Min(count, Burst)) : null;
        count = indexes?.Count ?? Math.Min(count, Burst);
        if (count == 0)
        {
            return null;
        }

        _expectations.ExpectCreations(key, count);
        var attempted = 0;
        var (created, error) = await SlowStart.RunAsync(count, async i =>
        {
            Interlocked.Increment(ref attempted);
            try
            {
                var replaced = indexes is null ? null : sync.AwaitingReplacement.GetValueOrDefault(indexes[i]);
                var pod = await Client.CreateAsync(JobPods.Make(job, indexes?[i], replaced), cancellationToken: cancellationToken);
                Events.Normal(job, "SuccessfulCreate", $"Created pod: {pod.Name}");
            }
            catch (Exception e)
            {
                _expectations.CreationObserved(key); // nothing to wait for
                if (!e.IsNamespaceTerminating())
                {
                    Events.Warning(job, "FailedCreate", $"Error creating: {e.Message}");
                    throw;
                }
            }
        });

        for (var skipped = count - attempted; skipped > 0; skipped--)
        {
            _expectations.CreationObserved(key);
        }

        sync.Created = created;
        return error;
    }

    private List<int> PendingIndexes(ObjectKey key, JobSync sync, int count)
    {
        var busy = sync.Active.AsEnumerable();
        if (sync.Job.ReplacesOnlyFailed())
        {
            busy = busy.Concat(sync.Pods.Where(p => p.IsTerminating() && !p.IsTerminal()));
        }

        var taken = sync.SucceededIndexes.With(sync.FailedIndexes ?? IndexSet.Empty).With(busy.Select(JobPods.IndexOf).OfType<int>());
        if (sync.Job.Spec.BackoffLimitPerIndex is null)
        {
            return taken.FirstMissing(count, sync.Completions);
        }

        // Every index waits for itself.
        var waits = sync.AwaitingReplacement.ToDictionary(p => p.Key, p => Wait(sync.Job, p.Value));
        var held = waits.Where(w => w.Value > TimeSpan.Zero).ToList();
        if (held.Count > 0)
        {
            Queue.AddAfter(key, held.Min(w => w.Value));
        }

        return taken.With(held.Select(w => w.Key)).FirstMissing(count, sync.Completions);
    }

    private TimeSpan Wait(Job job, Pod failed)
    {
        var (counted, ignored) = JobPods.FailuresWith(job, failed);
        return JobBackoff.Remaining(counted + ignored, JobPods.EndOf(failed), Now);
    }

    // The Job ends: whatever still runs is stopped and counts as failed, unless the Job has succeeded.
    private async Task<(bool All, Exception? Error)> EndAllAsync(ObjectKey key, JobSync sync, CancellationToken cancellationToken)
    {
        var victims = sync.Active.ToList();
        var (deleted, error) = await DeleteAsync(key, sync, victims, uncounted: false, cancellationToken);
        return (deleted == victims.Count, error);
    }

    /// <param name="key">The Job.</param>
    /// <param name="sync">The look at it; the Pods are taken off its active ones.</param>
    /// <param name="victims">The Pods to delete.</param>
    /// <param name="uncounted">They end because they are too many and not for failing: they give up their finalizer first.</param>
    /// <param name="cancellationToken">Stops it.</param>
    private async Task<(int Deleted, Exception? Error)> DeleteAsync(ObjectKey key, JobSync sync, List<Pod> victims, bool uncounted, CancellationToken cancellationToken)
    {
        if (victims.Count == 0)
        {
            return (0, null);
        }

        _expectations.ExpectDeletions(key, victims.Select(p => p.Metadata.Uid));
        var results = await Task.WhenAll(victims.Select(pod => DeleteAsync(key, sync.Job, pod, uncounted, cancellationToken)));
        var gone = victims.Where((_, i) => results[i] is null).ToHashSet();
        sync.Active.RemoveAll(gone.Contains);
        sync.Ready -= gone.Count(p => p.IsReady());
        sync.Terminating += gone.Count;
        sync.Deleted.UnionWith(gone.Select(p => p.Metadata.Uid));
        return (gone.Count, results.FirstOrDefault(e => e is not null));
    }

    private async Task<Exception?> DeleteAsync(ObjectKey key, Job job, Pod pod, bool uncounted, CancellationToken cancellationToken)
    {
        try
        {
            if (uncounted && JobPods.HasFinalizer(pod))
            {
                await RemoveFinalizerAsync(key, pod, cancellationToken);
            }

            await Client.DeleteAsync<Pod>(pod.Namespace, pod.Name, new DeleteOptions { Preconditions = new Preconditions { Uid = pod.Metadata.Uid } }, cancellationToken);
            Events.Normal(job, "SuccessfulDelete", $"Deleted pod: {pod.Name}");
            return null;
        }
        catch (Exception e)
        {
            _expectations.DeletionObserved(key, pod.Metadata.Uid);
            if (e.IsNotFound() || e.IsConflict())
            {
                return null;
            }

            Events.Warning(job, "FailedDelete", $"Error deleting: {e.Message}");
            return e;
        }
    }
}
