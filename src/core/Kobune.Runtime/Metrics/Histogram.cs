using System.Collections.Concurrent;
using System.Text;

namespace Kobune.Runtime.Metrics;

/// <summary>Observations counted in buckets.</summary>
public sealed class Histogram : Metric
{
    private readonly double[] _bounds;
    private readonly ConcurrentDictionary<LabelKey, Series> _series = new();

    internal Histogram(string name, string help, double[] bounds, string[] labels) : base(name, help, "histogram", labels) => _bounds = bounds;

    /// <summary>One combination of labels; keep it where a metric is recorded often.</summary>
    public Series With(params string[] values)
    {
        var key = new LabelKey(values);
        return _series.TryGetValue(key, out var found) ? found
            : _series.Count >= MaxSeries ? new Series(_bounds)
            : _series.GetOrAdd(key, static (_, bounds) => new Series(bounds), _bounds);
    }

    private protected override void WriteSamples(StringBuilder text)
    {
        foreach (var (key, series) in _series.OrderBy(s => string.Join('\0', s.Key.Values), StringComparer.Ordinal))
        {
            var (counts, sum) = series.Read();
            long below = 0;
            for (var i = 0; i < counts.Length; i++)
            {
                below += counts[i];
                Sample(text, "_bucket", key.Values, "le", i < _bounds.Length ? Number(_bounds[i]) : "+Inf", below);
            }

            Sample(text, "_sum", key.Values, null, null, sum);
            Sample(text, "_count", key.Values, null, null, below);
        }
    }

    /// <summary>The buckets of one combination of labels.</summary>
    public sealed class Series
    {
        private readonly Lock _sync = new();
        private readonly double[] _bounds;
        private readonly long[] _counts;
        private double _sum;

        internal Series(double[] bounds)
        {
            _bounds = bounds;
            _counts = new long[bounds.Length + 1];
        }

        /// <summary>Counts one observation.</summary>
        public void Observe(double value)
        {
            var at = Array.BinarySearch(_bounds, value);
            lock (_sync)
            {
                _counts[at < 0 ? ~at : at]++;
                _sum += value;
            }
        }

        internal (long[] Counts, double Sum) Read()
        {
            lock (_sync)
            {
                return ([.. _counts], _sum);
            }
        }
    }
}
