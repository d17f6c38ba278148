namespace Kobune.Runtime;

/// <summary>Exponential delays: <c>first × factor^n</c>, never above <c>max</c>.</summary>
public sealed record Backoff(TimeSpan First, TimeSpan Max, double Factor = 2)
{
    /// <summary>Per key of a controller's queue: 5 ms to 1000 s, as upstream.</summary>
    public static Backoff PerItem { get; } = new(TimeSpan.FromMilliseconds(5), TimeSpan.FromSeconds(1000));

    /// <summary>Between attempts to reach the API server: 0.1 s to 30 s.</summary>
    public static Backoff Reconnect { get; } = new(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(30));

    /// <summary>The delay after <paramref name="failures"/> earlier failures (0: the first delay).</summary>
    public TimeSpan Delay(int failures)
    {
        var ticks = First.Ticks * Math.Pow(Factor, Math.Min(failures, 200));
        return ticks >= Max.Ticks ? Max : TimeSpan.FromTicks((long)ticks);
    }
}
