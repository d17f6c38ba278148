using System.Collections.Concurrent;

namespace Kobune.Kubelet.Probes;

/// <summary>Whose probe ended how; the labels of prober_probe_total.</summary>
internal readonly record struct ProbeResult(string Namespace, string Pod, string Uid, string Container, ProbeKind Kind, bool Ok);

/// <summary>Counts the results of probes, for /metrics/probes. Counts of a Pod go with it.</summary>
internal sealed class ProbeCounts
{
    private readonly ConcurrentDictionary<ProbeResult, long> _counts = new();

    public void Add(ProbeResult result) => _counts.AddOrUpdate(result, 1, static (_, count) => count + 1);

    public void ForgetPod(string uid)
    {
        foreach (var key in _counts.Keys.Where(k => k.Uid == uid))
        {
            _counts.TryRemove(key, out _);
        }
    }

    public IEnumerable<KeyValuePair<ProbeResult, long>> All => _counts;
}
