using Kobune.Testing.Time;

namespace Kobune.Runtime.Tests;

public sealed class WorkQueueTests
{
    private readonly VirtualTime _time = new();

    [Fact]
    public async Task A_key_is_queued_once()
    {
        using var queue = new WorkQueue<string>("test", _time);
        queue.Add("a");
        queue.Add("a");
        queue.Add("b");
        Assert.Equal(2, queue.Count);
        Assert.Equal("a", await queue.TakeAsync(default));
        Assert.Equal("b", await queue.TakeAsync(default));
    }

    [Fact]
    public async Task A_key_added_while_processed_comes_again_afterwards_and_not_before()
    {
        using var queue = new WorkQueue<string>("test", _time);
        queue.Add("a");
        await queue.TakeAsync(default);
        queue.Add("a");
        Assert.Equal(0, queue.Count);
        queue.Done("a");
        Assert.Equal("a", await queue.TakeAsync(default));
        queue.Done("a");
        Assert.True(queue.IsIdle);
    }

    [Fact]
    public void Failures_in_a_row_wait_longer_and_success_forgets_them()
    {
        using var queue = new WorkQueue<string>("test", _time);
        foreach (var milliseconds in new[] { 5, 10, 20, 40 })
        {
            queue.AddRateLimited("a");
            _time.Advance(TimeSpan.FromMilliseconds(milliseconds - 1));
            Assert.Equal(0, queue.Count);
            _time.Advance(TimeSpan.FromMilliseconds(1));
            Assert.Equal(1, queue.Count);
            Take(queue);
        }

        queue.Forget("a");
        queue.AddRateLimited("a");
        _time.Advance(TimeSpan.FromMilliseconds(5));
        Assert.Equal(1, queue.Count);
    }

    [Fact]
    public void Of_several_delays_the_shortest_counts()
    {
        using var queue = new WorkQueue<string>("test", _time);
        queue.AddAfter("a", TimeSpan.FromSeconds(10));
        queue.AddAfter("a", TimeSpan.FromSeconds(2));
        queue.AddAfter("a", TimeSpan.FromSeconds(5));
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(1, queue.Count);
        Take(queue);
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(0, queue.Count);
    }

    [Fact]
    public void Nothing_ticks_when_nothing_waits()
    {
        using var queue = new WorkQueue<string>("test", _time);
        queue.AddAfter("a", TimeSpan.FromSeconds(1));
        Assert.Equal(1, _time.Armed);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(0, _time.Armed);
    }

    private static void Take(WorkQueue<string> queue)
    {
        var taken = queue.TakeAsync(default);
        Assert.True(taken.IsCompletedSuccessfully);
        queue.Done(taken.Result);
    }
}
