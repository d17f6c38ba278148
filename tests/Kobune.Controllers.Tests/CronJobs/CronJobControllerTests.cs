using Kobune.Api.Batch.V1;
using Kobune.Api.Core.V1;
using Kobune.Client;
using Kobune.Controllers.Tests.Jobs;
using Kobune.Testing.Controllers;
using Kobune.Testing.Time;

namespace Kobune.Controllers.Tests.CronJobs;

public sealed class CronJobControllerTests
{
    private readonly VirtualTime _time = new(new DateTimeOffset(2026, 1, 1, 11, 59, 30, TimeSpan.Zero));

    [Fact]
    public async Task Starts_a_Job_at_each_time_and_keeps_the_latest()
    {
        await using var plane = await TestControlPlane.StartAsync(_time);
        plane.Node.Ends = static _ => 0;
        await plane.Client.CreateAsync(Cron("*/1 * * * *", s => s.SuccessfulJobsHistoryLimit = 1));
        await Pass(plane, j => j.Exists(x => x.Name == "tick-29454480" && x.Condition("Complete") is not null));
        var job = await plane.Client.GetAsync<Job>("default", "tick-29454480");
        Assert.Equal("2026-01-01T12:00:00Z", job.Metadata.Annotations["batch.kubernetes.io/cronjob-scheduled-timestamp"]);
        Assert.Equal("CronJob", job.Metadata.OwnerReferences.Single().Kind);
        await Pass(plane, j => j.Exists(x => x.Name == "tick-29454481" && x.Condition("Complete") is not null) && !j.Exists(x => x.Name == "tick-29454480"));
        await plane.Client.WaitAsync<CronJob>("default", c => c.Status.Active.Count == 0 && c.Status.LastSuccessfulTime is not null && c.Status.LastScheduleTime is not null);
    }

    [Theory]
    [InlineData("Forbid", "tick-29454480", "JobAlreadyActive")]
    [InlineData("Replace", "tick-29454481", "SuccessfulDelete")]
    public async Task Obeys_its_concurrency_policy(string policy, string remaining, string reason)
    {
        await using var plane = await TestControlPlane.StartAsync(_time);
        await plane.Client.CreateAsync(Cron("*/1 * * * *", s => s.ConcurrencyPolicy = policy));
        await Pass(plane, j => j.Exists(x => x.Name == "tick-29454480" && x.Status.Active == 1));
        await Pass(plane, _ => plane.Client.ListAsync<Event>("default").Result.Items.Any(e => e.Reason == reason));
        await plane.Client.WaitAllAsync<Job>("default", all => all.Count == 1 && all[0].Name == remaining);
        await plane.Client.WaitAsync<CronJob>("default", c => c.Status.Active.Select(a => a.Name).SequenceEqual([remaining]));
    }

    [Fact]
    public async Task Of_many_missed_times_runs_the_last_and_warns()
    {
        await using var plane = await TestControlPlane.StartAsync(_time);
        await plane.Client.CreateAsync(Cron("*/1 * * * *", s => s.Suspend = true));
        _time.Advance(TimeSpan.FromHours(3));
        await plane.Client.PatchAsync<CronJob>("default", "tick", PatchKind.Merge, """{"spec":{"suspend":false}}""");
        var job = await plane.Client.WaitAsync<Job>("default", _ => true);
        Assert.Equal("tick-29454659", job.Name);
        await plane.Client.WaitAsync<Event>("default", e => e.Reason == "TooManyMissedTimes");
    }

    // Lets minutes pass until the Jobs are as wanted.
    private async Task Pass(TestControlPlane plane, Func<List<Job>, bool> until)
    {
        for (var i = 0; i < 600; i++)
        {
            if (until([.. (await plane.Client.ListAsync<Job>("default")).Items]))
            {
                return;
            }

            _time.Advance(TimeSpan.FromSeconds(5));
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }

        Assert.Fail("the Jobs did not become as wanted");
    }

    private static CronJob Cron(string schedule, Action<CronJobSpec> change)
    {
        var cron = new CronJob();
        cron.Metadata.Name = "tick";
        cron.Metadata.Namespace = "default";
        cron.Spec.Schedule = schedule;
        cron.Spec.JobTemplate.Spec.Template = TestControlPlane.Template("tick");
        cron.Spec.JobTemplate.Spec.Template.Spec.RestartPolicy = "Never";
        change(cron.Spec);
        return cron;
    }
}
