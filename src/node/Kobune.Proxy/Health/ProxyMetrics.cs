using System.Globalization;
using System.Text;

namespace Kobune.Proxy.Health;

/// <summary>What the proxy counts, under upstream's names, in the Prometheus text format 0.0.4.</summary>
internal sealed class ProxyMetrics(TimeProvider time)
{
    private static readonly double[] Buckets = [.. Enumerable.Range(0, 15).Select(i => 0.001 * Math.Pow(2, i))];

    private readonly Lock _gate = new();
    private readonly long[] _counts = new long[Buckets.Length];
    private double _sum;
    private long _syncs;
    private long _full;
    private long _failures;
    private int _services;

    /// <summary>When the rules were last written.</summary>
    public DateTimeOffset LastSync { get; private set; }

    public void Synced(TimeSpan took, bool full, int services)
    {
        lock (_gate)
        {
            _syncs++;
            _full += full ? 1 : 0;
            _sum += took.TotalSeconds;
            _services = services;
            LastSync = time.GetUtcNow();
            for (var i = 0; i < Buckets.Length; i++)
            {
                _counts[i] += took.TotalSeconds <= Buckets[i] ? 1 : 0;
            }
        }
    }

    public void Failed()
    {
        lock (_gate)
        {
            _failures++;
        }
    }

    public override string ToString()
    {
        lock (_gate)
        {
            const string Duration = "kubeproxy_sync_proxy_rules_duration_seconds";
            var text = new StringBuilder($"# HELP {Duration} How long writing the rules took, in seconds.\n# TYPE {Duration} histogram\n");
            for (var i = 0; i < Buckets.Length; i++)
            {
                text.Append(CultureInfo.InvariantCulture, $"{Duration}_bucket{{ip_family=\"IPv4\",le=\"{Buckets[i]}\"}} {_counts[i]}\n");
            }
            text.Append(CultureInfo.InvariantCulture, $"{Duration}_bucket{{ip_family=\"IPv4\",le=\"+Inf\"}} {_syncs}\n{Duration}_sum{{ip_family=\"IPv4\"}} {_sum}\n{Duration}_count{{ip_family=\"IPv4\"}} {_syncs}\n");
            Value(text, "kubeproxy_sync_proxy_rules_last_timestamp_seconds", "gauge", "When the rules were last written.", LastSync.ToUnixTimeMilliseconds() / 1000.0);
            Value(text, "kubeproxy_sync_proxy_rules_nftables_sync_failures_total", "counter", "How often the kernel refused the rules.", _failures);
            Value(text, "kubeproxy_sync_full_proxy_rules_total", "counter", "How often all rules were written.", _full);
            Value(text, "kubeproxy_sync_proxy_rules_services", "gauge", "How many Services there are.", _services);
            return text.ToString();
        }
    }

    private static void Value(StringBuilder text, string name, string type, string help, double value) =>
        text.Append(CultureInfo.InvariantCulture, $"# HELP {name} {help}\n# TYPE {name} {type}\n{name} {value}\n");
}
