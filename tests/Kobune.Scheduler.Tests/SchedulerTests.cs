using Kobune.Api;
using Kobune.Api.Core.V1;
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
