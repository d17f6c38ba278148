using Kobune.Api.Core.V1;
using Kobune.Kubelet.Pods.Decision;

namespace Kobune.Kubelet.Tests.Decision;

/// <summary>The life and death of a Pod as decisions, under a clock that only the test moves.</summary>
public sealed class PodDeciderTests
{
    [Fact]
    public void Volumes_sandbox_and_image_begin_together_and_the_container_follows()
    {
        var scene = new Scene();
        Assert.Equal("volumes sandbox image/main", scene.Actions);
        Assert.Equal("Pending", scene.Status.Phase);
        Assert.Equal("ContainerCreating", scene.Status.ContainerStatuses[0].State.Waiting!.Reason);
        Assert.Equal(["volumes", "sandbox", "image/main", "start/main"], scene.Settle());
        Assert.Equal("Running", scene.Status.Phase);
        Assert.True(scene.Status.ContainerStatuses[0].Ready);
    }

    [Fact]
    public void What_is_in_flight_is_not_begun_again()
    {
        var scene = new Scene();
        scene.Memory.InFlight.UnionWith(["volumes", "sandbox", "image/main"]);
        Assert.Equal("", scene.Actions);
    }

    [Fact]
    public void Init_containers_run_one_after_the_other()
    {
        var scene = new Scene(p => p.Spec.InitContainers = [KubeletHarness.NewContainer("one", "a"), KubeletHarness.NewContainer("two", "a")]);
        scene.Settle();
        Assert.NotNull(scene.Seen.Latest("one"));
        Assert.Null(scene.Seen.Latest("two"));
        Assert.Equal("containers with incomplete status: [one two]", Condition(scene, "Initialized").Message);
        Assert.Equal("PodInitializing", scene.Status.ContainerStatuses[0].State.Waiting!.Reason);
        scene.Exit("one", 0);
        scene.Settle();
        Assert.NotNull(scene.Seen.Latest("two"));
        Assert.Null(scene.Seen.Latest("main"));
        scene.Exit("two", 0);
        Assert.Equal(["image/main", "start/main"], scene.Settle());
        Assert.Equal("True", Condition(scene, "Initialized").Status);
    }

    [Fact]
    public void A_failed_init_container_ends_a_Pod_that_never_restarts()
    {
        var scene = new Scene(p =>
        {
            p.Spec.RestartPolicy = "Never";
            p.Spec.InitContainers = [KubeletHarness.NewContainer("one", "a")];
        });
        scene.Settle();
        scene.Exit("one", 2);
        Assert.Equal("Failed", scene.Status.Phase);
        scene.Settle();
        Assert.Null(scene.Seen.Latest("main"));
        Assert.True(scene.Decide().Terminated);
    }

    [Fact]
    public void A_sidecar_gates_on_its_startup_probe_and_ends_last()
    {
        var scene = new Scene(p =>
        {
            var first = KubeletHarness.NewContainer("first", "a");
            var second = KubeletHarness.NewContainer("second", "a");
            first.RestartPolicy = second.RestartPolicy = "Always";
            first.StartupProbe = new Probe();
            p.Spec.InitContainers = [first, second];
        });
        scene.Settle();
        Assert.Null(scene.Seen.Latest("second"));
        scene.Memory.Probes[scene.Seen.Latest("first")!.Id] = new ProbeVerdicts { Startup = true };
        Assert.Equal(["image/second", "start/second", "image/main", "start/main"], scene.Settle());

        scene.Delete(30);
        Assert.Equal($"stop/{scene.Seen.Latest("main")!.Id}", scene.Actions);
        scene.Exit("main", 0);
        Assert.Equal($"stop/{scene.Seen.Latest("second")!.Id}", scene.Actions);
        scene.Exit("second", 0);
        Assert.Equal($"stop/{scene.Seen.Latest("first")!.Id}", scene.Actions);
    }

    [Fact]
    public void A_sidecar_does_not_hold_up_completion()
    {
        var scene = new Scene(p =>
        {
            p.Spec.RestartPolicy = "OnFailure";
            var sidecar = KubeletHarness.NewContainer("side", "a");
            sidecar.RestartPolicy = "Always";
            p.Spec.InitContainers = [sidecar];
        });
        scene.Settle();
        scene.Exit("main", 0);
        Assert.Equal("Succeeded", scene.Status.Phase);
        var done = scene.Settle();
        Assert.Contains(done, a => a.StartsWith("stop/side", StringComparison.Ordinal));
        Assert.Equal("Succeeded", scene.Status.Phase);
    }

    [Fact]
    public void Restarts_back_off_from_ten_seconds_to_five_minutes_and_forget_after_ten_minutes()
    {
        var scene = new Scene();
        scene.Settle();
        scene.Exit("main", 1);
        Assert.Equal("Error", scene.Status.ContainerStatuses[0].State.Terminated!.Reason);
        Assert.Equal(["image/main", "start/main"], scene.Settle());
        foreach (var seconds in (int[])[10, 20, 40, 80, 160, 300, 300])
        {
            scene.Now += TimeSpan.FromSeconds(1);
            scene.Exit("main", 1);
            Assert.Equal(["announce/main"], scene.Settle());
            Assert.Equal("CrashLoopBackOff", scene.Status.ContainerStatuses[0].State.Waiting!.Reason);
            Assert.Equal(scene.Now.AddSeconds(seconds), scene.Decide().WakeAt);
            scene.Now += TimeSpan.FromSeconds(seconds);
            Assert.Equal(["image/main", "start/main"], scene.Settle().Where(a => !a.StartsWith("remove/", StringComparison.Ordinal)));
        }

        scene.Now += TimeSpan.FromMinutes(11);
        scene.Exit("main", 1);
        Assert.Contains("start/main", scene.Settle());
    }

    [Fact]
    public void Restart_counts_rise_and_only_the_last_two_instances_are_kept()
    {
        var scene = new Scene();
        scene.Settle();
        for (var i = 0; i < 4; i++)
        {
            scene.Exit("main", 1);
            scene.Now += TimeSpan.FromMinutes(20);
            scene.Settle();
        }

        Assert.Equal(4, scene.Status.ContainerStatuses[0].RestartCount);
        Assert.Equal(2, scene.Seen.Containers.Count);
        Assert.Equal(1, scene.Status.ContainerStatuses[0].LastState.Terminated!.ExitCode);
    }

    [Theory]
    [InlineData("Never", 0, "Succeeded")]
    [InlineData("Never", 1, "Failed")]
    [InlineData("OnFailure", 0, "Succeeded")]
    [InlineData("OnFailure", 1, "Running")]
    [InlineData("Always", 0, "Running")]
    public void Phase_follows_policy_and_exit_code(string policy, int code, string phase)
    {
        var scene = new Scene(p => p.Spec.RestartPolicy = policy);
        scene.Settle();
        scene.Exit("main", code);
        Assert.Equal(phase, scene.Status.Phase);
    }

    [Fact]
    public void A_failed_liveness_probe_kills_and_restarts()
    {
        var scene = new Scene(p => p.Spec.Containers[0].LivenessProbe = new Probe { TerminationGracePeriodSeconds = 7 });
        scene.Settle();
        var id = scene.Seen.Latest("main")!.Id;
        scene.Memory.Probes[id] = new ProbeVerdicts { Liveness = false };
        var stop = Assert.IsType<StopContainer>(Assert.Single(scene.Decide().Actions));
        Assert.Equal((7, "Container main failed liveness probe, will be restarted"), (stop.TimeoutSeconds, stop.Message));
        scene.Settle();
        Assert.Equal(1, scene.Seen.Latest("main")!.RestartCount);
    }

    [Fact]
    public void A_readiness_probe_decides_readiness_alone()
    {
        var scene = new Scene(p => p.Spec.Containers[0].ReadinessProbe = new Probe());
        scene.Settle();
        Assert.Equal(("False", "ContainersNotReady"), (Condition(scene, "Ready").Status, Condition(scene, "Ready").Reason));
        Assert.Equal("containers with unready status: [main]", Condition(scene, "Ready").Message);
        scene.Memory.Probes[scene.Seen.Latest("main")!.Id] = new ProbeVerdicts { Readiness = true };
        Assert.Equal("True", Condition(scene, "Ready").Status);
    }

    [Fact]
    public void A_lost_sandbox_is_made_anew_with_its_containers()
    {
        var scene = new Scene();
        scene.Settle();
        scene.KillSandbox();
        scene.Exit("main", 137);
        var done = scene.Settle();
        Assert.Contains("sandbox", done);
        Assert.Equal(1u, scene.Seen.ReadySandbox!.Attempt);
        Assert.Equal(1, scene.Seen.Latest("main")!.RestartCount);
    }

    [Fact]
    public void The_preStop_hook_takes_from_the_grace_period()
    {
        var scene = new Scene(p => p.Spec.Containers[0].Lifecycle = new Lifecycle { PreStop = new LifecycleHandler { Sleep = new SleepAction { Seconds = 5 } } });
        scene.Settle();
        scene.Delete(30);
        var hook = Assert.IsType<RunPreStop>(Assert.Single(scene.Decide().Actions));
        scene.Memory.Kills[hook.ContainerId] = new KillState { RequestedAt = scene.Now, PreStop = HookState.Running };
        scene.Memory.InFlight.Add(hook.Key);
        scene.Now += TimeSpan.FromSeconds(5);
        Assert.Empty(scene.Decide().Actions);
        scene.Memory.InFlight.Clear();
        scene.Memory.Kills[hook.ContainerId].PreStop = HookState.Done;
        Assert.Equal(25, Assert.IsType<StopContainer>(Assert.Single(scene.Decide().Actions)).TimeoutSeconds);
    }

    [Fact]
    public void A_second_deletion_may_shorten_the_grace_period()
    {
        var scene = new Scene();
        scene.Settle();
        scene.Delete(30);
        var stop = (StopContainer)scene.Decide().Actions[0];
        Assert.Equal(30, stop.TimeoutSeconds);
        scene.Memory.InFlight.Add(stop.Key);
        scene.Memory.Kills[stop.ContainerId] = new KillState { RequestedAt = scene.Now, StopDeadline = scene.Now.AddSeconds(30) };
        scene.Now += TimeSpan.FromSeconds(1);
        Assert.Empty(scene.Decide().Actions);
        scene.Delete(0);
        Assert.Equal(2, Assert.IsType<StopContainer>(Assert.Single(scene.Decide().Actions)).TimeoutSeconds);
    }

    [Fact]
    public void Deletion_leaves_nothing_and_then_deletes_the_object()
    {
        var scene = new Scene();
        scene.Settle();
        var id = scene.Seen.Latest("main")!.Id;
        scene.Delete(30);
        Assert.Equal([$"stop/{id}", "stop-sandbox/s0", "remove-sandbox/s0", "teardown", "delete-object"], scene.Settle());
        Assert.False(scene.Decide().Finished);
        scene.Gone = true;
        Assert.True(scene.Decide().Finished);
    }

    [Fact]
    public void A_sandbox_is_not_removed_while_its_stop_is_under_way()
    {
        var scene = new Scene();
        scene.Settle();
        scene.Exit("main", 0);
        scene.Delete(30);
        Assert.Equal("stop-sandbox/s0", scene.Actions);
        scene.Memory.InFlight.Add("stop-sandbox/s0");
        // The runtime tells of the process's end before it has taken the network down.
        scene.KillSandbox();
        Assert.Equal("", scene.Actions);
    }

    [Fact]
    public void The_active_deadline_fails_the_Pod()
    {
        var scene = new Scene(p => p.Spec.ActiveDeadlineSeconds = 60);
        scene.Settle();
        Assert.Equal(scene.Now.AddSeconds(60), scene.Decide().WakeAt);
        scene.Now += TimeSpan.FromSeconds(60);
        scene.Settle();
        var status = scene.Status;
        Assert.Equal(("Failed", "DeadlineExceeded"), (status.Phase, status.Reason));
        Assert.False(scene.Seen.AnyAlive);
    }

    [Fact]
    public void A_failed_pull_shows_its_error_and_then_the_back_off()
    {
        var scene = new Scene();
        scene.Do(new SetUpVolumes());
        scene.Do(new CreateSandbox(0, false));
        scene.Memory.Images["main"] = new ImageOutcome(null, "ErrImagePull", "no such thing", scene.Now, scene.Now.AddSeconds(10));
        Assert.Equal("", scene.Actions);
        Assert.Equal("ErrImagePull", scene.Status.ContainerStatuses[0].State.Waiting!.Reason);
        scene.Now += TimeSpan.FromSeconds(3);
        Assert.Equal(["announce/main"], scene.Settle());
        Assert.Equal("ImagePullBackOff", scene.Status.ContainerStatuses[0].State.Waiting!.Reason);
        Assert.Equal("Back-off pulling image \"example.com/a:1\": ErrImagePull: no such thing", scene.Status.ContainerStatuses[0].State.Waiting!.Message);
        scene.Now += TimeSpan.FromSeconds(7);
        Assert.Equal("image/main", scene.Actions);
    }

    [Fact]
    public void Volumes_that_fail_hold_up_the_containers_and_are_tried_again()
    {
        var scene = new Scene();
        scene.Memory.VolumeFailures = 1;
        scene.Memory.VolumeRetryAt = scene.Now.AddSeconds(1);
        Assert.Equal("", scene.Actions);
        Assert.Equal("False", Condition(scene, "PodReadyToStartContainers").Status);
        scene.Now += TimeSpan.FromSeconds(1);
        Assert.Equal("volumes", scene.Actions);
    }

    [Fact]
    public void A_terminal_Pod_never_runs_again()
    {
        var scene = new Scene();
        scene.Memory.TerminalPhase = "Succeeded";
        Assert.Equal(["teardown"], scene.Settle());
        Assert.Equal("Succeeded", scene.Status.Phase);
    }

    [Fact]
    public void Ephemeral_containers_join_a_running_Pod_once()
    {
        var scene = new Scene();
        scene.Settle();
        scene.Pod = scene.Pod.Clone();
        scene.Pod.Spec.EphemeralContainers.Add(new EphemeralContainer { Name = "debug", Image = "b" });
        Assert.Equal(["image/debug", "start/debug"], scene.Settle());
        scene.Exit("debug", 1);
        Assert.Empty(scene.Settle());
        Assert.Equal("Running", scene.Status.Phase);
    }

    [Fact]
    public void Exit_codes_may_rule_restarts()
    {
        var scene = new Scene(p =>
        {
            p.Spec.RestartPolicy = "Never";
            p.Spec.Containers[0].RestartPolicyRules.Add(new ContainerRestartRule
            {
                Action = "Restart",
                ExitCodes = new ContainerRestartRuleOnExitCodes { Operator = "In", Values = [42] },
            });
        });
        scene.Settle();
        scene.Exit("main", 42);
        Assert.Contains("start/main", scene.Settle());
        scene.Exit("main", 1);
        Assert.Equal("Failed", scene.Status.Phase);
    }

    private static PodCondition Condition(Scene scene, string type) => scene.Status.Conditions.First(c => c.Type == type);
}
