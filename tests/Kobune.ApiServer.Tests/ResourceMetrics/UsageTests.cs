using System.Collections.Concurrent;
using Kobune.ApiServer.ResourceMetrics;
using Kobune.Testing.Time;

namespace Kobune.ApiServer.Tests.ResourceMetrics;

public sealed class UsageTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly UsageKey Key = new("n", "default", "web", "main");

    [Fact]
    public void Lines_of_a_kubelet_become_samples()
    {
        const string Text = """
            # HELP container_cpu_usage_seconds_total x
            container_cpu_usage_seconds_total{container="main",namespace="default",pod="web"} 1.5 1767225600000
            container_memory_working_set_bytes{container="main",namespace="default",pod="web"} 2048 1767225600000
            container_start_time_seconds{container="main",namespace="default",pod="web"} 1767225590
            node_cpu_usage_seconds_total 12
            node_memory_working_set_bytes 4096

            """;
        var samples = new ConcurrentDictionary<UsageKey, UsageSample>();
        KubeletScraper.Read("n", Text, Start, samples);
        Assert.Equal(new UsageSample(1.5, 2048, Start, Start.AddSeconds(-10)), samples[Key]);
        Assert.Equal((12, 4096), (samples[new UsageKey("n", "", "", "")].Cpu, samples[new UsageKey("n", "", "", "")].Memory));
    }

    [Fact]
    public void Use_is_the_rate_between_rounds_or_since_the_start()
    {
        var first = Round(Start, 1, Start.AddSeconds(-10));
        Assert.Equal(0.1, first.Since(null, Key)!.Cores, 6);
        var second = Round(Start.AddSeconds(10), 6, Start.AddSeconds(-10));
        Assert.Equal((0.5, TimeSpan.FromSeconds(10)), (second.Since(first, Key)!.Cores, second.Since(first, Key)!.Window));
        // A new instance of the container counts from zero again.
        Assert.Equal(1, Round(Start.AddSeconds(12), 1, Start.AddSeconds(11)).Since(second, Key)!.Cores, 6);
        Assert.Equal("500m", second.Since(first, Key)!.ToResources()["cpu"].ToString());
    }

    [Fact]
    public async Task Nobody_measures_while_nobody_asks()
    {
        var time = new ManualTimeProvider(Start);
        var rounds = 0;
        using var history = new UsageHistory(_ => Task.FromResult(Round(time.GetUtcNow(), ++rounds, Start)), time);
        var asked = history.ReadAsync(TestContext.Current.CancellationToken).AsTask();
        Assert.False(asked.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(1));
        await asked;
        Assert.Equal(2, rounds);
        await history.ReadAsync(TestContext.Current.CancellationToken);
        Assert.Equal(2, rounds);
        time.Advance(TimeSpan.FromSeconds(15));
        await history.ReadAsync(TestContext.Current.CancellationToken);
        Assert.Equal(3, rounds);
    }

    private static UsageSnapshot Round(DateTimeOffset at, double cpu, DateTimeOffset started) =>
        new(at, new Dictionary<UsageKey, UsageSample> { [Key] = new(cpu, 1024, at, started) });
}
