using Kobune.Api;
using Kobune.Api.Batch.V1;
using Kobune.Api.Core.V1;
using Kobune.Client;
using Kobune.Runtime;

namespace Kobune.Controllers.Jobs;

/// <summary>
/// Runs Pods until enough of them have succeeded. A finalizer keeps every Pod until its end is in the counters: the Pod's
/// uid is written to the status first, then the finalizer goes, then the uid becomes one more in a counter. So the count is
/// exact through crashes, lost events and deleted Pods (JobController.Tracking.cs).
/// </summary>
internal sealed partial class JobController : Controller
{
    public const string ManagerName = "kubernetes.io/job-controller";

    private readonly ILister<Job> _jobs;
    private readonly ILister<Pod> _pods;
    private readonly IIndex<Pod> _podsByController;
    private readonly IIndex<Pod> _orphans;
    private readonly IIndex<Pod> _tracked;
    private readonly Expectations _expectations;
    private readonly FinalizerRemovals _removals = new();
    private readonly BackoffRecords _backoffs = new();

    public JobController(ControllerContext context) : base(context, "job-controller", workers: 5)
    {
        Writes<Job>();
        Writes<Pod>();
        _expectations = new Expectations(context.Time);
        _jobs = Reconciles<Job>();
        _pods = Watches<Pod>(OnPod);
        _podsByController = _pods.ByController();
        _orphans = _pods.IndexBy("orphans by namespace", static pod => Indexes.ControllerOf(pod) is null ? [pod.Metadata.Namespace] : []);
        _tracked = _pods.IndexBy("tracked by job", static pod => JobPods.HasFinalizer(pod) ? [JobKeyOf(pod).ToString()] : []);
    }

    protected override async Task ReconcileAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        var cached = key.Name.Length == 0 ? null : _jobs.Get(key);
        await LetGoAsync(key, cached, cancellationToken);
        if (cached is null)
        {
            _expectations.Forget(key);
            _removals.Forget(key);
            _backoffs.Forget(key);
            return;
        }

        if (!IsOurs(cached) || JobConditions.IsFinished(cached))
        {
            return;
        }

        // Both before the Pods are read: what is seen in between must not look as if it had never been done.
        var mayAct = _expectations.Satisfied(key);
        var released = _removals.Of(key);
        var selector = LabelSelectors.From(cached.Spec.Selector);
        var candidates = _podsByController.Get(cached.Metadata.Uid).Concat(_orphans.Get(key.Namespace)).ToList();
        var pods = await Owners.ClaimAsync(Client, cached, candidates, p => selector.Matches(p.Metadata.Labels), cancellationToken, JobPods.Finalizer);
        var job = cached.Clone();
        if (job.Status.StartTime is null && !job.IsSuspended())
        {
            job.Status.StartTime = Now;
        }

        var sync = new JobSync(job, pods, released, _backoffs.Of(key), Now);
        var error = await ActAsync(key, sync, mayAct, cancellationToken);
        await TrackAsync(key, cached, sync, cancellationToken);
        if (error is not null)
        {
            throw new InvalidOperationException(error.Message, error);
        }

        if (sync.Verdict is null && sync.UntilDeadline() is { } left)
        {
            Queue.AddAfter(key, left);
        }
    }

    // Pods that wait for a Job which is gone, or finished, or never was theirs.
    private async Task LetGoAsync(ObjectKey key, Job? job, CancellationToken cancellationToken)
    {
        foreach (var pod in _tracked.Get(key.ToString()))
        {
            if (job is null ? !Adopters(pod).Any() : Indexes.ControllerOf(pod)?.Uid != job.Metadata.Uid || (IsOurs(job) && JobConditions.IsFinished(job)))
            {
                await RemoveFinalizerAsync(key, pod, cancellationToken);
            }
        }
    }

    // Creates and deletes Pods; the verdict is left in the sync.
    private async Task<Exception?> ActAsync(ObjectKey key, JobSync sync, bool mayAct, CancellationToken cancellationToken)
    {
        sync.Verdict = sync.Judge();
        if (!mayAct)
        {
            return null; // Pods may be there that the cache does not show: they must neither be forgotten nor made again
        }

        if (sync.Verdict is not null)
        {
            (sync.HasSettled, var error) = await EndAllAsync(key, sync, cancellationToken);
            return error;
        }

        if (sync.Job.Metadata.DeletionTimestamp is not null)
        {
            return null;
        }

        var failure = await ManageAsync(key, sync, cancellationToken);
        if (sync.IsComplete(sync.Active.Count + sync.Created))
        {
            sync.Verdict = JobConditions.CompletionsReached;
            sync.HasSettled = true;
        }
        else
        {
            NoteSuspension(sync);
        }

        return failure;
    }

    private void NoteSuspension(JobSync sync)
    {
        var job = sync.Job;
        if (job.IsSuspended())
        {
            if (JobConditions.Set(job, JobConditions.Suspended, true, "JobSuspended", "Job suspended", Now))
            {
                Events.Normal(job, "Suspended", "Job suspended");
            }
        }
        else if (JobConditions.Set(job, JobConditions.Suspended, false, "JobResumed", "Job resumed", Now))
        {
            job.Status.StartTime = Now; // its deadline counts anew
            Events.Normal(job, "Resumed", "Job resumed");
        }
    }

    private void OnPod(InformerEvent<Pod> change)
    {
        var pod = change.Object;
        var job = JobKeyOf(pod);
        if (change.Type == InformerEventType.Deleted || !JobPods.HasFinalizer(pod))
        {
            _removals.Observed(job, pod.Metadata.Uid);
        }

        if (Indexes.ControllerOf(pod) is null)
        {
            foreach (var adopter in Adopters(pod))
            {
                Queue.Add(ObjectKey.Of(adopter));
            }
        }

        if (job.Name.Length == 0 && !JobPods.HasFinalizer(pod))
        {
            return;
        }

        if (change.Type == InformerEventType.Deleted || pod.IsTerminating())
        {
            _expectations.DeletionObserved(job, pod.Metadata.Uid);
        }
        else if (change.Type == InformerEventType.Added)
        {
            _expectations.CreationObserved(job);
        }

        if (change.Old is { } old && JobKeyOf(old) is { Name.Length: > 0 } former && former != job)
        {
            Queue.Add(former);
        }

        Queue.Add(job);
    }

    private IEnumerable<Job> Adopters(Pod pod) => Indexes.ControllerOf(pod) is null
        ? _jobs.List(pod.Namespace).Where(j => j.Metadata.DeletionTimestamp is null && IsOurs(j) && LabelSelectors.From(j.Spec.Selector).Matches(pod.Metadata.Labels))
        : [];

    private static bool IsOurs(Job job) => (job.Spec.ManagedBy ?? ManagerName) == ManagerName;

    // The Job that controls the Pod; without one, a key that stands for the orphans of the namespace.
    private static ObjectKey JobKeyOf(Pod pod) =>
        new(pod.Metadata.Namespace, Indexes.ControllerOf(pod) is { Kind: "Job" } owner && owner.ApiVersion.StartsWith("batch/", StringComparison.Ordinal) ? owner.Name : "");
}
