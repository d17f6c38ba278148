using System.Globalization;
using Kobune.Api;
using Kobune.Api.Batch.V1;
using Kobune.Api.Core.V1;
using Kobune.Api.Meta.V1;
using Kobune.Client;
using Kobune.Controllers.Jobs;
using Kobune.Runtime;

namespace Kobune.Controllers.CronJobs;

/// <summary>
/// Starts a Job at each time of a schedule. The Job's name tells the time that it stands for, so that no time is ever run
/// twice, whatever was forgotten. Of several missed times only the last is run.
/// </summary>
internal sealed class CronJobController : Controller
{
    // Woken a little late rather than a little early.
    private static readonly TimeSpan Slack = TimeSpan.FromMilliseconds(100);

    private readonly ILister<CronJob> _crons;
    private readonly IIndex<Job> _jobsByController;
    private readonly JobHistory _history;
    private readonly WrittenVersions _written = new();

    public CronJobController(ControllerContext context) : base(context, "cronjob-controller", workers: 5)
    {
        Writes<CronJob>();
        Writes<Job>();
        _crons = Reconciles<CronJob>();
        _jobsByController = Watches<Job>(OnJob).ByController();
        _history = new JobHistory(DeleteAsync);
    }

    protected override async Task ReconcileAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        if (_crons.Get(key) is not { } cached)
        {
            _written.Forget(key);
            return;
        }

        if (!_written.AreSeen(key, _crons))
        {
            return; // what we have started is on its way here, and wakes us
        }

        var cron = cached.Clone();
        var jobs = _jobsByController.Get(cron.Metadata.Uid).ToList();
        await FollowAsync(cron, jobs, cancellationToken);
        await _history.TrimAsync(cron, jobs, cancellationToken);
        var next = cron.Metadata.DeletionTimestamp is null ? await StartAsync(cron, cancellationToken) : null;
        if (!ApiStruct.DeepEquals(cached.Status, cron.Status))
        {
            _written.Wrote(key, await Client.UpdateStatusAsync(cron, cancellationToken: cancellationToken));
        }

        if (next is { } time)
        {
            Queue.AddAfter(key, time - Now + Slack);
        }
    }

    // Brings status.active and lastSuccessfulTime up to date with the Jobs there are.
    private async Task FollowAsync(CronJob cron, List<Job> jobs, CancellationToken cancellationToken)
    {
        foreach (var job in jobs)
        {
            var isActive = cron.Status.Active.Exists(a => a.Uid == job.Metadata.Uid);
            if (!isActive && !JobConditions.IsFinished(job))
            {
                Events.Warning(cron, "UnexpectedJob", $"Saw a job that the controller did not create or forgot: {job.Name}");
            }
            else if (isActive && JobConditions.IsFinished(job))
            {
                cron.Status.Active.RemoveAll(a => a.Uid == job.Metadata.Uid);
                Events.Normal(cron, "SawCompletedJob", $"Saw completed job: {job.Name}, condition: {(HasSucceeded(job) ? JobConditions.Complete : JobConditions.Failed)}");
            }

            if (HasSucceeded(job) && job.Status.CompletionTime is { } completed && !(cron.Status.LastSuccessfulTime >= completed))
            {
                cron.Status.LastSuccessfulTime = completed;
            }
        }

        foreach (var active in cron.Status.Active.Where(a => jobs.TrueForAll(j => j.Metadata.Uid != a.Uid)).ToList())
        {
            // The cache may just not have it yet.
            if ((await Client.FindAsync<Job>(active.Namespace, active.Name, cancellationToken))?.Metadata.Uid != active.Uid)
            {
                Events.Normal(cron, "MissingJob", $"Active job went missing: {active.Name}");
                cron.Status.Active.Remove(active);
            }
        }
    }

    // Starts what is due; returns when to look again.
    private async Task<DateTimeOffset?> StartAsync(CronJob cron, CancellationToken cancellationToken)
    {
        if (Zone(cron) is not { } zone || cron.Spec.Suspend == true)
        {
            return null;
        }

        CronSchedule schedule;
        try
        {
            schedule = CronSchedule.Parse(cron.Spec.Schedule);
        }
        catch (FormatException e)
        {
            Events.Warning(cron, "UnparseableSchedule", $"unparseable schedule: \"{cron.Spec.Schedule}\" : {e.Message}");
            return null;
        }

        var missed = MissedRuns.Of(cron, schedule, zone, Now);
        if (missed.TooMany)
        {
            Events.Warning(cron, "TooManyMissedTimes", "too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew");
        }

        if (missed.Latest is { } time && MayStart(cron, time))
        {
            await ReplaceAsync(cron, cancellationToken);
            await CreateAsync(cron, time, zone, cancellationToken);
        }

        return missed.Next;
    }

    private bool MayStart(CronJob cron, DateTimeOffset time)
    {
        if (cron.Spec.StartingDeadlineSeconds is { } deadline && time.AddSeconds(deadline) < Now)
        {
            Events.Warning(cron, "MissSchedule", $"Missed scheduled time to start a job: {time.UtcDateTime.ToString("ddd, dd MMM yyyy HH:mm:ss +0000", CultureInfo.InvariantCulture)}");
            return false;
        }

        if (cron.Status.LastScheduleTime == time || cron.Status.Active.Exists(a => a.Name == NameOf(cron, time)))
        {
            return false; // started already
        }

        if (cron.Spec.ConcurrencyPolicy == "Forbid" && cron.Status.Active.Count > 0)
        {
            Events.Normal(cron, "JobAlreadyActive", "Not starting job because prior execution is running and concurrency policy is Forbid");
            return false;
        }

        return true;
    }

    private async Task ReplaceAsync(CronJob cron, CancellationToken cancellationToken)
    {
        if (cron.Spec.ConcurrencyPolicy == "Replace")
        {
            foreach (var active in cron.Status.Active.ToList())
            {
                await DeleteAsync(cron, active.Name, active.Uid, cancellationToken);
            }
        }
    }

    private async Task CreateAsync(CronJob cron, DateTimeOffset time, TimeZoneInfo zone, CancellationToken cancellationToken)
    {
        Job job;
        try
        {
            job = await Client.CreateAsync(Make(cron, time, zone), cancellationToken: cancellationToken);
            Events.Normal(cron, "SuccessfulCreate", $"Created job {job.Name}");
        }
        catch (Exception e) when (e.IsNamespaceTerminating())
        {
            return;
        }
        catch (Exception e) when (e.IsAlreadyExists())
        {
            // Ours, from before we were interrupted; or a stranger, who makes us wait.
            job = await Client.GetAsync<Job>(cron.Namespace, NameOf(cron, time), cancellationToken);
            if (!Owners.IsControlledBy(job, cron))
            {
                throw;
            }
        }
        catch (KubeStatusException e)
        {
            Events.Warning(cron, "FailedCreate", $"Error creating job: {e.Message}");
            throw;
        }

        cron.Status.LastScheduleTime = time;
        if (!JobConditions.IsFinished(job))
        {
            cron.Status.Active.Add(new ObjectReference { ApiVersion = job.ApiVersion, Kind = job.Kind, Namespace = job.Namespace, Name = job.Name, Uid = job.Metadata.Uid, ResourceVersion = job.Metadata.ResourceVersion });
        }
    }

    private static Job Make(CronJob cron, DateTimeOffset time, TimeZoneInfo zone)
    {
        var template = cron.Spec.JobTemplate.Clone();
        var job = new Job { Spec = template.Spec };
        job.Metadata.Name = NameOf(cron, time);
        job.Metadata.Namespace = cron.Namespace;
        job.Metadata.Labels = template.Metadata.Labels;
        job.Metadata.Annotations = template.Metadata.Annotations;
        var local = TimeZoneInfo.ConvertTime(time, zone);
        job.Metadata.Annotations["batch.kubernetes.io/cronjob-scheduled-timestamp"] =
            local.ToString(local.Offset == TimeSpan.Zero ? "yyyy-MM-dd'T'HH:mm:ss'Z'" : "yyyy-MM-dd'T'HH:mm:sszzz", CultureInfo.InvariantCulture);
        job.Metadata.OwnerReferences = [Owners.Controlled(cron)];
        return job;
    }

    private static string NameOf(CronJob cron, DateTimeOffset time) => $"{cron.Name}-{(time.ToUnixTimeSeconds() / 60).ToString(CultureInfo.InvariantCulture)}";

    private static bool HasSucceeded(Job job) => JobConditions.Find(job, JobConditions.Complete) is not null;

    private TimeZoneInfo? Zone(CronJob cron)
    {
        if (cron.Spec.TimeZone is not { } name)
        {
            return TimeZoneInfo.Utc;
        }

        if (TimeZoneInfo.TryFindSystemTimeZoneById(name, out var zone))
        {
            return zone;
        }

        Events.Warning(cron, "UnknownTimeZone", $"invalid timeZone: \"{name}\": unknown time zone {name}");
        return null;
    }

    private async Task DeleteAsync(CronJob cron, string name, string uid, CancellationToken cancellationToken)
    {
        try
        {
            var options = new DeleteOptions { PropagationPolicy = "Background", Preconditions = new Preconditions { Uid = uid } };
            await Client.DeleteAsync<Job>(cron.Namespace, name, options, cancellationToken);
            Events.Normal(cron, "SuccessfulDelete", $"Deleted job {name}");
        }
        catch (Exception e) when (e.IsNotFound() || e.IsConflict())
        {
            // gone already
        }
        catch (KubeStatusException e)
        {
            Events.Warning(cron, "FailedDelete", $"Deleted job: {e.Message}");
            throw;
        }

        cron.Status.Active.RemoveAll(a => a.Uid == uid);
    }

    private void OnJob(InformerEvent<Job> change)
    {
        foreach (var job in new[] { change.Old, change.Object })
        {
            if (job is not null && Indexes.ControllerOf(job) is { Kind: "CronJob" } owner)
            {
                Queue.Add(new ObjectKey(job.Namespace, owner.Name));
            }
        }
    }
}
