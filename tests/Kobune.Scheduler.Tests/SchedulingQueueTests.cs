using Kobune.Api.Core.V1;
using Kobune.Runtime;
using Kobune.Scheduler.Framework;
using Kobune.Scheduler.Queue;
using Kobune.Testing.Time;

namespace Kobune.Scheduler.Tests;

public sealed class SchedulingQueueTests
{
    private readonly VirtualTime _time = new();
    private readonly SchedulingQueue _queue;

    public SchedulingQueueTests() => _queue = new SchedulingQueue(_time, new Backoff(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10)));

    [Fact]
    public async Task Higher_priority_comes_first_then_the_older()
    {
        _queue.Put(Pod("low", 0));
        _time.Advance(TimeSpan.FromSeconds(1));
        _queue.Put(Pod("low-later", 0));
        _queue.Put(Pod("high", 10));
        Assert.Equal(["high", "low", "low-later"], [await NextAsync(), await NextAsync(), await NextAsync()]);
    }

    [Fact]
    public async Task A_failed_Pod_waits_for_an_event_that_may_help_and_for_its_backoff()
    {
        _queue.Put(Pod("p", 0));
        var queued = await _queue.TakeAsync(CancellationToken.None);
        _queue.Failed(queued, ClusterEvents.NodeAdded);
        _queue.Happened(ClusterEvents.PodRemoved);
        _time.Advance(TimeSpan.FromMinutes(10));
        Assert.True(_queue.IsIdle);
        _queue.Happened(ClusterEvents.NodeAdded);
        Assert.Equal("p", await NextAsync());
    }

    [Fact]
    public async Task The_backoff_doubles()
    {
        _queue.Put(Pod("p", 0));
        foreach (var seconds in new[] { 1, 2, 4, 8, 10, 10 })
        {
            var queued = await _queue.TakeAsync(CancellationToken.None);
            _queue.Retry(queued);
            _time.Advance(TimeSpan.FromSeconds(seconds) - TimeSpan.FromMilliseconds(1));
            Assert.Equal(QueuePlace.BackingOff, queued.Place);
            _time.Advance(TimeSpan.FromMilliseconds(1));
            Assert.Equal(QueuePlace.Active, queued.Place);
        }
    }

    [Fact]
    public async Task An_event_during_the_attempt_is_not_lost()
    {
        _queue.Put(Pod("p", 0));
        var queued = await _queue.TakeAsync(CancellationToken.None);
        _queue.Happened(ClusterEvents.NodeAdded);
        _queue.Failed(queued, ClusterEvents.NodeAdded);
        Assert.Equal(QueuePlace.BackingOff, queued.Place);
    }

    [Fact]
    public async Task A_gated_Pod_waits_until_its_gates_are_gone()
    {
        var pod = Pod("p", 0);
        pod.Spec.SchedulingGates = [new PodSchedulingGate { Name = "hold" }];
        _queue.Put(pod);
        Assert.True(_queue.IsIdle);
        var open = pod.Clone();
        open.Spec.SchedulingGates = [];
        _queue.Put(open);
        Assert.Equal("p", await NextAsync());
    }

    [Fact]
    public async Task A_removed_Pod_is_not_handed_out()
    {
        _queue.Put(Pod("gone", 1));
        _queue.Put(Pod("stays", 0));
        _queue.Remove("gone");
        Assert.Equal("stays", await NextAsync());
    }

    private async Task<string> NextAsync() => (await _queue.TakeAsync(CancellationToken.None)).Pod.Name;

    private static Pod Pod(string name, int priority)
    {
        var pod = new Pod();
        pod.Metadata.Name = name;
        pod.Metadata.Uid = name;
        pod.Spec.Priority = priority;
        return pod;
    }
}
