using Kobune.Cri.Grpc;
using Kobune.Kubelet.Admission;
using Kobune.Kubelet.Pods;
using Kobune.Kubelet.Pods.Execution;
using Microsoft.Extensions.Logging;

namespace Kobune.Kubelet.Eviction;

/// <summary>
/// Keeps the node alive: Pods that exceed their own limits of local storage go at once; when the node runs short of memory,
/// disk, inodes or process ids, unused images go first, then one Pod at a time.
/// </summary>
internal sealed partial class EvictionManager(
    PodManager pods, NodeSignals signals, PodUsage usage, NodePressure pressure, ImageCollector images, PodEvents events, Action report, KubeletOptions options,
    ILogger<EvictionManager> logger)
{
    private readonly Dictionary<string, DateTimeOffset> _lastSeen = new(StringComparer.Ordinal);

    public async Task RunAsync(CancellationToken stopping)
    {
        using var timer = new PeriodicTimer(options.Eviction.Period, options.Time);
        do
        {
            try
            {
                await RoundAsync(stopping);
            }
            catch (Exception e) when (e is RpcException or IOException)
            {
                LogFailed(logger, e.Message);
            }
        }
        while (await timer.WaitForNextTickAsync(stopping));
    }

    internal async Task RoundAsync(CancellationToken stopping)
    {
        await LimitsAsync(stopping);
        var crossed = signals.Read();
        if (Note(crossed))
        {
            report();
        }

        if (crossed.Count == 0)
        {
            return;
        }

        if (crossed[0].Resource is "ephemeral-storage" or "inodes")
        {
            await images.CollectAsync(everything: true, stopping);
            crossed = signals.Read();
        }

        if (crossed.Count > 0)
        {
            await EvictOneAsync(crossed[0], stopping);
        }
    }

    private async Task LimitsAsync(CancellationToken stopping)
    {
        foreach (var worker in pods.Workers.Where(w => !w.Pod.Deleting && !w.Terminated && PodUsage.HasStorageLimit(w.Pod.Pod)).ToArray())
        {
            if (StorageLimits.Exceeded(worker.Pod.Pod, await usage.StorageAsync(worker, stopping)) is { } message)
            {
                Evict(worker, message);
            }
        }
    }

    /// <summary>Sets the conditions; they outlast their signal for the transition period. True when one changed.</summary>
    private bool Note(IReadOnlyList<Crossed> crossed)
    {
        var now = options.Time.GetUtcNow();
        foreach (var one in crossed)
        {
            _lastSeen[one.Resource] = now;
        }

        var before = (pressure.Memory, pressure.Disk, pressure.Pids);
        pressure.Memory = Lasts("memory");
        pressure.Disk = Lasts("ephemeral-storage") || Lasts("inodes");
        pressure.Pids = Lasts("pids");
        return before != (pressure.Memory, pressure.Disk, pressure.Pids);

        bool Lasts(string resource) => _lastSeen.TryGetValue(resource, out var seen) && now - seen < options.Eviction.TransitionPeriod;
    }

    private async Task EvictOneAsync(Crossed crossed, CancellationToken stopping)
    {
        var memory = crossed.Resource == "memory" ? await usage.MemoryAsync(stopping) : null;
        var candidates = new List<(Candidate Candidate, PodWorker Worker)>();
        foreach (var worker in pods.Workers.Where(w => !w.Pod.Deleting && !w.Terminated && w.Seen.AnyAlive && !EvictionRanking.IsCritical(w.Pod.Pod)))
        {
            var pod = worker.Pod.Pod;
            var used = memory is not null
                ? worker.Seen.Containers.Where(c => c.Alive).Sum(c => memory.GetValueOrDefault(c.Id))
                : crossed.Resource == "pids" ? 0 : (await usage.StorageAsync(worker, stopping)).Total;
            var requested = PodAmounts.Requests(pod).GetValueOrDefault(crossed.Resource).Value;
            candidates.Add((new Candidate(pod, used, requested), worker));
        }

        if (EvictionRanking.Rank(candidates.Select(c => c.Candidate)).FirstOrDefault() is not { } first)
        {
            return;
        }

        var victim = candidates.First(c => ReferenceEquals(c.Candidate, first)).Worker;
        var text = $"The node was low on resource: {crossed.Resource}. Threshold quantity: {crossed.Threshold}, available: {crossed.Available}. ";
        if (memory is not null)
        {
            text = victim.Seen.Containers.Where(c => c.Alive).Aggregate(text, (all, c) => all + Exceeds(victim, c.Name, memory.GetValueOrDefault(c.Id)));
        }

        Evict(victim, text);
    }

    private static string Exceeds(PodWorker worker, string container, long used)
    {
        var request = worker.Pod.Find(container)?.Container.Resources.Requests.GetValueOrDefault("memory") ?? default;
        return used > request.Value ? $"Container {container} was using {used / 1024}Ki, request is {request}, has larger consumption of memory. " : "";
    }

    private void Evict(PodWorker worker, string message)
    {
        events.Pod(worker.Pod, "Warning", "Evicted", message);
        worker.Evict(message);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "What Pods use could not be measured: {Reason}")]
    private static partial void LogFailed(ILogger logger, string reason);
}
