using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.Api.Meta.V1;
using Kobune.Api.Policy.V1;
using Kobune.Api.Storage.V1;
using Kobune.Testing.Controllers;
using Kobune.Testing.Time;
using Microsoft.Extensions.Logging.Abstractions;

namespace Kobune.Scheduler.Tests;

public sealed class SchedulerTests : IAsyncDisposable
{
    private readonly MemoryApi _api = new();
    private readonly VirtualTime _time = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Scheduler _scheduler;
    private Task _running = Task.CompletedTask;

    public SchedulerTests()
    {
        _scheduler = new Scheduler(_ => _api, new SchedulerOptions(), _time, NullLoggerFactory.Instance);
    }

    // Started by each test after its nodes exist: kinds are watched apart, so a Pod may be seen before a node that is older.
    private void Start() => _running = _scheduler.RunAsync(_stop.Token);

    [Fact]
    public async Task Binds_and_says_so()
    {
        _api.Put(Node("n1"));
        Start();
        _api.Put(Pod("p1"));
        await _api.WaitAsync<Pod>("default", p => p.Spec.NodeName == "n1");
        var said = await _api.WaitAsync<Event>("default", e => e.Reason == "Scheduled");
        Assert.Equal("Successfully assigned default/p1 to n1", said.Message);
        Assert.Equal("default-scheduler", said.Source.Component);
    }

    [Fact]
    public async Task Says_why_it_cannot_and_tries_again_when_a_node_comes()
    {
        _api.Put(Node("small", cpu: "1"));
        Start();
        var pod = _api.Put(Pod("p1", cpu: "2"));
        var said = await _api.WaitAsync<Event>("default", e => e.Reason == "FailedScheduling");
        const string Message = "0/1 nodes are available: 1 Insufficient cpu. preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.";
        Assert.Equal(Message, said.Message);
        var refused = await _api.WaitAsync<Pod>("default", p => p.Status.Conditions.Count == 1);
        Assert.Equal(("PodScheduled", "False", "Unschedulable", Message), (refused.Status.Conditions[0].Type, refused.Status.Conditions[0].Status, refused.Status.Conditions[0].Reason, refused.Status.Conditions[0].Message));
        Assert.Equal("NodeResourcesFit", Assert.Single(_scheduler.Explain(pod.Metadata.Uid)!.Nodes["small"]).Plugin);

        _api.Put(Node("large", cpu: "4"));
        await AdvanceUntilAsync(() => _api.Get<Pod>("default", "p1").Spec.NodeName.Length > 0);
        Assert.Equal("large", _api.Get<Pod>("default", "p1").Spec.NodeName);
    }

    [Fact]
    public async Task Without_nodes_it_waits_for_one()
    {
        Start();
        _api.Put(Pod("p1"));
        Assert.Equal("no nodes available to schedule pods", (await _api.WaitAsync<Event>("default", e => e.Reason == "FailedScheduling")).Message);
        _api.Put(Node("n1"));
        await AdvanceUntilAsync(() => _api.Get<Pod>("default", "p1").Spec.NodeName == "n1");
    }

    [Fact]
    public async Task A_more_important_Pod_takes_the_place_of_a_lesser_one()
    {
        _api.Put(Node("n1", cpu: "2"));
        Start();
        _api.Put(Pod("low", cpu: "2"));
        await _api.WaitAsync<Pod>("default", p => p.Spec.NodeName == "n1");
        var high = Pod("high", cpu: "2");
        high.Spec.Priority = 100;
        _api.Put(high);
        await AdvanceUntilAsync(() => _api.Get<Pod>("default", "high").Spec.NodeName == "n1");
        Assert.Contains("delete pods low", _api.Writes);
    }

    [Fact]
    public async Task An_unschedulable_Pod_causes_no_further_writes()
    {
        _api.Put(Node("n1", cpu: "1"));
        Start();
        _api.Put(Pod("p1", cpu: "2"));
        await _api.WaitAsync<Pod>("default", p => p.Status.Conditions.Count == 1);
        await _api.WaitAsync<Event>("default", e => e.Reason == "FailedScheduling");
        await AdvanceUntilAsync(() => _scheduler.IsIdle);
        var writes = _api.Writes.Count;
        _time.Advance(TimeSpan.FromMinutes(30));
        Assert.True(_scheduler.IsIdle);
        Assert.Equal(writes, _api.Writes.Count);
    }

    [Fact]
    public async Task Preemption_keeps_disruption_budgets_where_it_can()
    {
        _api.Put(Node("n1", cpu: "2"));
        _api.Put(Node("n2", cpu: "2"));
        var budget = new PodDisruptionBudget();
        budget.Metadata.Name = "guarded";
        budget.Metadata.Namespace = "default";
        budget.Spec.Selector = new LabelSelector { MatchLabels = { ["app"] = "guarded" } };
        _api.Put(budget);
        Start();
        var guarded = Pod("guarded", cpu: "2");
        guarded.Metadata.Labels["app"] = "guarded";
        _api.Put(guarded);
        await _api.WaitAsync<Pod>("default", p => p.Name == "guarded" && p.Spec.NodeName.Length > 0);
        var free = Pod("free", cpu: "2");
        free.Spec.Priority = 50; // more important, and yet it goes: nothing guards it
        _api.Put(free);
        await _api.WaitAsync<Pod>("default", p => p.Name == "free" && p.Spec.NodeName.Length > 0);
        var high = Pod("high", cpu: "2");
        high.Spec.Priority = 100;
        _api.Put(high);
        await AdvanceUntilAsync(() => _api.Get<Pod>("default", "high").Spec.NodeName.Length > 0);
        Assert.Contains("delete pods free", _api.Writes);
        Assert.DoesNotContain("delete pods guarded", _api.Writes);
    }

    [Fact]
    public async Task A_node_in_prospect_is_not_given_to_lesser_Pods()
    {
        _api.Put(Node("n1", cpu: "2"));
        var waiting = Pod("waiting", cpu: "2");
        waiting.Spec.Priority = 100;
        waiting.Status.NominatedNodeName = "n1";
        waiting.Spec.SchedulingGates = [new PodSchedulingGate { Name = "not-yet" }];
        _api.Put(waiting);
        Start();
        _api.Put(Pod("lesser", cpu: "1"));
        await _api.WaitAsync<Event>("default", e => e.Reason == "FailedScheduling" && e.InvolvedObject.Name == "lesser");
        var ready = waiting.Clone();
        ready.Spec.SchedulingGates = [];
        _api.Put(ready);
        await AdvanceUntilAsync(() => _api.Get<Pod>("default", "waiting").Spec.NodeName == "n1");
        Assert.Equal("", _api.Get<Pod>("default", "lesser").Spec.NodeName);
    }

    [Fact]
    public async Task A_claim_that_waits_for_a_node_is_told_it_and_bound_first()
    {
        _api.Put(Node("n1"));
        var storage = new StorageClass { Provisioner = "test.example/make", VolumeBindingMode = "WaitForFirstConsumer" };
        storage.Metadata.Name = "late";
        _api.Put(storage);
        var claim = new PersistentVolumeClaim { Spec = new PersistentVolumeClaimSpec { StorageClassName = "late" } };
        claim.Metadata.Name = "data";
        claim.Metadata.Namespace = "default";
        _api.Put(claim);
        Start();
        var pod = Pod("p1");
        pod.Spec.Volumes = [new Volume { Name = "v", PersistentVolumeClaim = new PersistentVolumeClaimVolumeSource { ClaimName = "data" } }];
        _api.Put(pod);
        var told = await _api.WaitAsync<PersistentVolumeClaim>("default", c => c.Metadata.Annotations.GetValueOrDefault("volume.kubernetes.io/selected-node") == "n1");
        Assert.Equal("", _api.Get<Pod>("default", "p1").Spec.NodeName);
        var bound = told.Clone();
        bound.Spec.VolumeName = "pv1";
        bound.Metadata.Annotations["pv.kubernetes.io/bind-completed"] = "yes";
        _api.Put(bound);
        await _api.WaitAsync<Pod>("default", p => p.Spec.NodeName == "n1");
    }

    [Fact]
    public async Task A_Pod_whose_claim_is_missing_or_unbound_waits_for_it()
    {
        _api.Put(Node("n1"));
        Start();
        var pod = Pod("p1");
        pod.Spec.Volumes = [new Volume { Name = "v", PersistentVolumeClaim = new PersistentVolumeClaimVolumeSource { ClaimName = "data" } }];
        _api.Put(pod);
        var said = await _api.WaitAsync<Event>("default", e => e.Reason == "FailedScheduling");
        Assert.Equal("0/1 nodes are available: persistentvolumeclaim \"data\" not found. preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.", said.Message);
        var claim = new PersistentVolumeClaim();
        claim.Metadata.Name = "data";
        claim.Metadata.Namespace = "default";
        claim.Spec.VolumeName = "pv1";
        claim.Metadata.Annotations["pv.kubernetes.io/bind-completed"] = "yes";
        var volume = new PersistentVolume();
        volume.Metadata.Name = "pv1";
        _api.Put(volume);
        _api.Put(claim);
        await AdvanceUntilAsync(() => _api.Get<Pod>("default", "p1").Spec.NodeName == "n1");
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _stop.Dispose();
    }

    private async Task AdvanceUntilAsync(Func<bool> condition)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (!condition())
        {
            patience.Token.ThrowIfCancellationRequested();
            _time.Advance(TimeSpan.FromMilliseconds(100));
            await Task.Yield();
        }
    }

    private static Node Node(string name, string cpu = "4")
    {
        var node = new Node();
        node.Metadata.Name = name;
        node.Status.Allocatable = new Dictionary<string, Quantity> { ["cpu"] = cpu, ["memory"] = "8Gi", ["pods"] = "110" };
        return node;
    }

    private static Pod Pod(string name, string? cpu = null)
    {
        var pod = new Pod();
        pod.Metadata.Name = name;
        pod.Metadata.Namespace = "default";
        pod.Spec.SchedulerName = "default-scheduler";
        var container = new Container { Name = "main" };
        if (cpu is not null)
        {
            container.Resources.Requests["cpu"] = cpu;
        }

        pod.Spec.Containers.Add(container);
        return pod;
    }
}
