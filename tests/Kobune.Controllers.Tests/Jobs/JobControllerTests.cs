using Kobune.Api.Batch.V1;
using Kobune.Api.Core.V1;
using Kobune.Api.Meta.V1;
using Kobune.Client;
using Kobune.Testing.Controllers;
using Kobune.Testing.Time;

namespace Kobune.Controllers.Tests.Jobs;

public sealed class JobControllerTests
{
    private const string Finalizer = "batch.kubernetes.io/job-tracking";

    [Fact]
    public async Task Runs_to_completion_and_counts_every_Pod_once()
    {
        await using var plane = await TestControlPlane.StartAsync();
        plane.Node.Ends = static _ => 0;
        await plane.Client.CreateAsync(TestJobs.Make(parallelism: 4, completions: 10));
        var job = await Ended(plane, "Complete");
        Assert.Equal(10, job.Status.Succeeded);
        Assert.Equal(0, job.Status.Active);
        Assert.NotNull(job.Status.CompletionTime);
        Assert.Equal("CompletionsReached", job.Condition("Complete")!.Reason);
        Assert.Equal("Reached expected number of succeeded pods", job.Condition("SuccessCriteriaMet")!.Message);
        await plane.Client.WaitAllAsync<Pod>("default", all => all.Count == 10 && all.All(p => !p.Metadata.Finalizers.Contains(Finalizer)));
    }

    [Fact]
    public async Task Gives_every_Pod_of_an_Indexed_Job_its_index()
    {
        await using var plane = await TestControlPlane.StartAsync();
        plane.Node.Ends = static _ => 0;
        await plane.Client.CreateAsync(TestJobs.Make(parallelism: 3, completions: 4, indexed: true));
        var job = await Ended(plane, "Complete");
        Assert.Equal("0-3", job.Status.CompletedIndexes);
        var pods = (await plane.Client.ListAsync<Pod>("default")).Items.OrderBy(p => p.Spec.Hostname).ToList();
        Assert.Equal(["work-0", "work-1", "work-2", "work-3"], pods.Select(p => p.Spec.Hostname));
        Assert.StartsWith("work-2-", pods[2].Name, StringComparison.Ordinal);
        Assert.Equal("2", pods[2].Metadata.Annotations["batch.kubernetes.io/job-completion-index"]);
        Assert.Equal("2", pods[2].Metadata.Labels["batch.kubernetes.io/job-completion-index"]);
        Assert.Equal("metadata.labels['batch.kubernetes.io/job-completion-index']", pods[2].Spec.Containers[0].Env.Single(e => e.Name == "JOB_COMPLETION_INDEX").ValueFrom!.FieldRef!.FieldPath);
    }

    [Fact]
    public async Task Backs_off_and_fails_at_the_limit()
    {
        var time = new VirtualTime();
        await using var plane = await TestControlPlane.StartAsync(time);
        plane.Node.Ends = static _ => 1;
        await plane.Client.CreateAsync(TestJobs.Make(change: s => s.BackoffLimit = 1));
        await plane.Client.WaitAsync<Job>("default", j => j.Status.Failed == 1 && j.Status.UncountedTerminatedPods is not { Failed.Count: > 0 });
        Assert.Single((await plane.Client.ListAsync<Pod>("default")).Items);
        await Advancing(time, TimeSpan.FromSeconds(1), Ended(plane, "Failed"));
        var job = (await plane.Client.ListAsync<Job>("default")).Items.Single();
        Assert.Equal(2, job.Status.Failed);
        Assert.Equal("BackoffLimitExceeded", job.Condition("Failed")!.Reason);
        Assert.Equal("Job has reached the specified backoff limit", job.Condition("FailureTarget")!.Message);
    }

    [Fact]
    public async Task Stops_at_its_deadline_and_counts_what_it_stopped()
    {
        var time = new VirtualTime();
        await using var plane = await TestControlPlane.StartAsync(time);
        await plane.Client.CreateAsync(TestJobs.Make(parallelism: 2, completions: 2, change: s => s.ActiveDeadlineSeconds = 60));
        await plane.Client.WaitAsync<Job>("default", j => j.Status.Active == 2 && j.Status.Ready == 2);
        await Advancing(time, TimeSpan.FromSeconds(10), Ended(plane, "Failed"));
        var job = (await plane.Client.ListAsync<Job>("default")).Items.Single();
        Assert.Equal("DeadlineExceeded", job.Condition("Failed")!.Reason);
        Assert.Equal(2, job.Status.Failed);
        Assert.Equal(0, job.Status.Active);
    }

    [Fact]
    public async Task Suspends_and_resumes()
    {
        await using var plane = await TestControlPlane.StartAsync();
        await plane.Client.CreateAsync(TestJobs.Make(parallelism: 2, completions: 2));
        await plane.Client.WaitAsync<Job>("default", j => j.Status.Active == 2);
        await plane.Client.PatchAsync<Job>("default", "work", PatchKind.Merge, """{"spec":{"suspend":true}}""");
        var job = await plane.Client.WaitAsync<Job>("default", j => j.Condition("Suspended") is not null && j.Status is { Active: 0, Terminating: 0 });
        Assert.Equal("JobSuspended", job.Condition("Suspended")!.Reason);
        Assert.Equal(0, job.Status.Failed);
        plane.Node.Ends = static _ => 0;
        await plane.Client.PatchAsync<Job>("default", "work", PatchKind.Merge, """{"spec":{"suspend":false}}""");
        job = await Ended(plane, "Complete");
        Assert.Equal("JobResumed", job.Status.Conditions.Single(c => c.Type == "Suspended").Reason);
        Assert.Equal(2, job.Status.Succeeded);
    }

    [Fact]
    public async Task Takes_failures_as_its_policy_says()
    {
        await using var plane = await TestControlPlane.StartAsync();
        plane.Node.Ends = static _ => 42;
        await plane.Client.CreateAsync(TestJobs.Make(change: s => s.PodFailurePolicy = new PodFailurePolicy
        {
            Rules = [new PodFailurePolicyRule { Action = "FailJob", OnExitCodes = new PodFailurePolicyOnExitCodesRequirement { Operator = "In", Values = [42] } }],
        }));
        var job = await Ended(plane, "Failed");
        Assert.Equal("PodFailurePolicy", job.Condition("Failed")!.Reason);
        Assert.Matches("^Container main for pod default/work-[a-z0-9]+ failed with exit code 42 matching FailJob rule at index 0$", job.Condition("Failed")!.Message);
    }

    [Fact]
    public async Task Ends_every_index_by_itself()
    {
        var time = new VirtualTime();
        await using var plane = await TestControlPlane.StartAsync(time);
        plane.Node.Ends = static pod => pod.Spec.Hostname is "work-1" or "work-3" ? 1 : 0;
        await plane.Client.CreateAsync(TestJobs.Make(parallelism: 2, completions: 4, indexed: true, change: s => s.BackoffLimitPerIndex = 1));
        await Advancing(time, TimeSpan.FromSeconds(1), Ended(plane, "Failed"));
        var job = (await plane.Client.ListAsync<Job>("default")).Items.Single();
        Assert.Equal("FailedIndexes", job.Condition("Failed")!.Reason);
        Assert.Equal(("0,2", "1,3", 2, 4), (job.Status.CompletedIndexes, job.Status.FailedIndexes, job.Status.Succeeded, job.Status.Failed));
    }

    [Fact]
    public async Task Succeeds_early_by_its_success_policy()
    {
        await using var plane = await TestControlPlane.StartAsync();
        plane.Node.Ends = static pod => pod.Spec.Hostname == "work-0" ? 0 : null;
        await plane.Client.CreateAsync(TestJobs.Make(parallelism: 3, completions: 3, indexed: true, change: s => s.SuccessPolicy = new SuccessPolicy { Rules = [new SuccessPolicyRule { SucceededIndexes = "0" }] }));
        var job = await Ended(plane, "Complete");
        Assert.Equal("SuccessPolicy", job.Condition("Complete")!.Reason);
        Assert.Equal("Matched rules at index 0", job.Condition("SuccessCriteriaMet")!.Message);
        Assert.Equal(("0", 0), (job.Status.CompletedIndexes, job.Status.Failed));
        await plane.Client.WaitAllAsync<Pod>("default", all => all.All(p => p.Spec.Hostname == "work-0"));
    }

    [Fact]
    public async Task Adopts_releases_and_lets_go()
    {
        await using var plane = await TestControlPlane.StartAsync();
        await plane.Client.CreateAsync(TestJobs.Make(parallelism: 2, completions: 2));
        var pods = await plane.Client.WaitAllAsync<Pod>("default", all => all.Count == 2 && all.All(p => p.Status.Phase == "Running"));
        await plane.Client.PatchAsync<Pod>("default", pods[0].Name, PatchKind.Merge, """{"metadata":{"ownerReferences":null}}""");
        await plane.Client.WaitAsync<Pod>("default", p => p.Name == pods[0].Name && p.Metadata.OwnerReferences.Count == 1 && p.Metadata.Finalizers.Contains(Finalizer));
        await plane.Client.PatchAsync<Pod>("default", pods[1].Name, PatchKind.Merge, """{"metadata":{"labels":null}}""");
        await plane.Client.WaitAsync<Pod>("default", p => p.Name == pods[1].Name && p.Metadata.OwnerReferences.Count == 0 && p.Metadata.Finalizers.Count == 0);
        await plane.Client.WaitAllAsync<Pod>("default", all => all.Count == 3);
        await plane.Client.DeleteAsync<Job>("default", "work", new DeleteOptions { PropagationPolicy = "Background" });
        await plane.Client.WaitAllAsync<Pod>("default", all => all.Count == 1 && all[0].Name == pods[1].Name);
    }

    private static Task<Job> Ended(TestControlPlane plane, string condition) => plane.Client.WaitAsync<Job>("default", j => j.Condition(condition) is not null, condition);

    // Lets time pass until the task is done; the pause between steps is real, so that events find their way.
    private static async Task Advancing(VirtualTime time, TimeSpan step, Task until)
    {
        while (!until.IsCompleted)
        {
            time.Advance(step);
            await Task.WhenAny(until, Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System));
        }

        await until;
    }
}
