using System.Collections.Concurrent;
using System.Text;

namespace Kobune.Runtime.Metrics;

/// <summary>A counter or gauge with any number of labels.</summary>
public sealed class Counter : Metric
{
    private readonly ConcurrentDictionary<LabelKey, Series> _series = new();

    internal Counter(string name, string help, string type, string[] labels) : base(name, help, type, labels)
    {
        if (labels.Length == 0)
        {
            _series[new LabelKey([])] = new Series();
        }
    }

    /// <summary>One combination of labels; keep it where a metric is recorded often.</summary>
    public Series With(params string[] values)
    {
        var key = new LabelKey(values);
        return _series.TryGetValue(key, out var found) ? found
            : _series.Count >= MaxSeries ? new Series()
            : _series.GetOrAdd(key, static _ => new Series());
    }

    /// <summary>Adds one (or more) to a combination of labels.</summary>
    public void Add(long amount, params string[] values) => With(values).Add(amount);

    private protected override void WriteSamples(StringBuilder text)
    {
        foreach (var (key, series) in _series.OrderBy(s => string.Join('\0', s.Key.Values), StringComparer.Ordinal))
        {
            Sample(text, "", key.Values, null, null, series.Value);
        }
    }

    /// <summary>One number.</summary>
    public sealed class Series
    {
        private long _value;

        /// <summary>The number now.</summary>
        public long Value => Volatile.Read(ref _value);

        /// <summary>Adds, for a gauge also a negative amount.</summary>
        public void Add(long amount) => Interlocked.Add(ref _value, amount);

        /// <summary>Sets a gauge.</summary>
        public void Set(long value) => Volatile.Write(ref _value, value);
    }
}
