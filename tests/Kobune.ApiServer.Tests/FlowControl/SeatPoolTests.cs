using Kobune.Api.FlowControl.V1;
using Kobune.ApiServer.FlowControl;

namespace Kobune.ApiServer.Tests.FlowControl;

/// <summary>Who gets the seats.</summary>
public sealed class SeatPoolTests
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task A_single_busy_level_borrows_what_others_do_not_keep()
    {
        var (pool, a, _) = Make(total: 100, lendable: 50);
        for (var i = 0; i < 75; i++)
        {
            Assert.Equal(FlowRefusal.None, await pool.EnterAsync(a, 1, 1, Long, default));
        }

        // 25 are kept for the other level.
        var waiting = pool.EnterAsync(a, 1, 1, Long, default);
        Assert.False(waiting.IsCompleted);
        pool.Leave(a, 1);
        Assert.Equal(FlowRefusal.None, await waiting);
    }

    [Fact]
    public async Task What_is_kept_for_a_level_is_there_under_a_flood_of_another()
    {
        var (pool, a, b) = Make(total: 100, lendable: 50);
        var flood = Enumerable.Range(0, 300).Select(_ => pool.EnterAsync(a, 1, 1, Long, default).AsTask()).ToList();
        for (var i = 0; i < 25; i++)
        {
            Assert.Equal(FlowRefusal.None, await pool.EnterAsync(b, 2, 1, Long, default));
        }

        Assert.Equal(75, flood.Count(t => t is { IsCompletedSuccessfully: true, Result: FlowRefusal.None }));
        Assert.Contains(flood, t => t is { IsCompletedSuccessfully: true, Result: FlowRefusal.QueueFull });
    }

    [Fact]
    public async Task Flows_of_one_level_take_turns()
    {
        var (pool, a, _) = Make(total: 2, lendable: 0);
        Assert.Equal(FlowRefusal.None, await pool.EnterAsync(a, 0, 1, Long, default));
        var order = new List<string>();
        var heavy = Enumerable.Range(0, 6).Select(_ => WaitAsync(0, "heavy")).ToList();
        var light = WaitAsync(1, "light");
        for (var i = 0; i < 7; i++)
        {
            pool.Leave(a, 1);
            var count = i + 1;
            SpinWait.SpinUntil(() => { lock (order) { return order.Count == count; } }, TimeSpan.FromSeconds(10));
        }

        await Task.WhenAll([.. heavy, light]);
        Assert.InRange(order.IndexOf("light"), 0, 1);

        async Task WaitAsync(ulong flow, string name)
        {
            Assert.Equal(FlowRefusal.None, await pool.EnterAsync(a, flow, 1, Long, default));
            lock (order)
            {
                order.Add(name);
            }
        }
    }

    [Fact]
    public async Task Whoever_waits_too_long_or_leaves_is_forgotten()
    {
        var (pool, a, _) = Make(total: 2, lendable: 0);
        await pool.EnterAsync(a, 1, 1, Long, default);
        Assert.Equal(FlowRefusal.TimeOut, await pool.EnterAsync(a, 1, 1, TimeSpan.FromMilliseconds(20), default));
        using var gone = new CancellationTokenSource();
        var waiting = pool.EnterAsync(a, 1, 1, Long, gone.Token).AsTask();
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Assert.Equal(0, a.Waiting);
    }

    private static (SeatPool Pool, PriorityLevel A, PriorityLevel B) Make(int total, int lendable)
    {
        var pool = new SeatPool(total, TimeProvider.System);
        var (a, b) = (new PriorityLevel("a"), new PriorityLevel("b"));
        pool.Configure([a, b], () =>
        {
            a.Configure(Level());
            b.Configure(Level());
        });
        return (pool, a, b);

        PriorityLevelConfiguration Level() => new()
        {
            Spec = new()
            {
                Type = "Limited",
                Limited = new() { NominalConcurrencyShares = 10, LendablePercent = lendable, LimitResponse = new() { Type = "Queue", Queuing = new() { Queues = 2, HandSize = 1, QueueLengthLimit = 50 } } },
            },
        };
    }
}
