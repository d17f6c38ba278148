using Kobune.Api;

namespace Kobune.ApiServer.ResourceMetrics;

/// <summary>Who uses something: a node (the other parts are empty) or a container of a Pod.</summary>
internal readonly record struct UsageKey(string Node, string Namespace, string Pod, string Container);

/// <summary>Counters of one user at one time. <paramref name="Cpu"/> in core-seconds since <paramref name="Started"/>, memory in bytes.</summary>
internal sealed record UsageSample(double Cpu, double Memory, DateTimeOffset At, DateTimeOffset? Started);

/// <summary>What somebody used over a time.</summary>
internal sealed record Usage(double Cores, double Memory, DateTimeOffset At, TimeSpan Window)
{
    public Dictionary<string, Quantity> ToResources() => new(StringComparer.Ordinal)
    {
        ["cpu"] = Quantity.Parse($"{(long)(Cores * 1e9)}n"),
        ["memory"] = Quantity.Parse($"{(long)Memory / 1024}Ki"),
    };
}

/// <summary>All counters of one round over the kubelets.</summary>
internal sealed class UsageSnapshot(DateTimeOffset takenAt, IReadOnlyDictionary<UsageKey, UsageSample> samples)
{
    /// <summary>Rates over less than this are noise.</summary>
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(500);

    public DateTimeOffset TakenAt => takenAt;

    public IEnumerable<UsageKey> Keys => samples.Keys;

    /// <summary>Use since an earlier round; of what is younger than that round, since its start.</summary>
    public Usage? Since(UsageSnapshot? earlier, UsageKey key)
    {
        if (!samples.TryGetValue(key, out var now))
        {
            return null;
        }

        var (cpu, from) = earlier?.Find(key) is { } before && before.Cpu <= now.Cpu && before.Started == now.Started ? (before.Cpu, (DateTimeOffset?)before.At) : (0, now.Started);
        var window = now.At - from;
        return window is { } time && time >= Shortest ? new Usage((now.Cpu - cpu) / time.TotalSeconds, now.Memory, now.At, time) : null;
    }

    private UsageSample? Find(UsageKey key) => samples.GetValueOrDefault(key);
}
