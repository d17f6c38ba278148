using System.Globalization;

namespace Kobune.ApiServer.ResourceMetrics;

/// <summary>One line of Prometheus' text format.</summary>
/// <param name="At">When it was measured; null when the line does not say.</param>
internal sealed record MetricLine(string Name, IReadOnlyDictionary<string, string> Labels, double Value, DateTimeOffset? At);

/// <summary>Reads Prometheus' text format as far as kubelets write it; lines that are not understood are left out.</summary>
internal static class ExpositionText
{
    public static IEnumerable<MetricLine> Parse(string text)
    {
        foreach (var line in text.Split('\n'))
        {
            if (line.Length > 0 && line[0] != '#' && ParseLine(line) is { } sample)
            {
                yield return sample;
            }
        }
    }

    private static MetricLine? ParseLine(string line)
    {
        var labels = new Dictionary<string, string>(StringComparer.Ordinal);
        var end = line.IndexOfAny(['{', ' ']);
        if (end < 0)
        {
            return null;
        }

        var at = end;
        if (line[end] == '{' && !Labels(line, ref at, labels))
        {
            return null;
        }

        var fields = line[at..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (fields.Length == 0 || !double.TryParse(fields[0], CultureInfo.InvariantCulture, out var value))
        {
            return null;
        }

        var time = fields.Length > 1 && long.TryParse(fields[1], CultureInfo.InvariantCulture, out var milliseconds)
            ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds)
            : (DateTimeOffset?)null;
        return new MetricLine(line[..end], labels, value, time);
    }

    /// <summary>From the brace on; leaves the position behind the closing one.</summary>
    private static bool Labels(string line, ref int at, Dictionary<string, string> labels)
    {
        at++;
        while (at < line.Length && line[at] != '}')
        {
            var equals = line.IndexOf("=\"", at, StringComparison.Ordinal);
            if (equals < 0)
            {
                return false;
            }

            var name = line[at..equals].Trim(',', ' ');
            var value = new System.Text.StringBuilder();
            for (at = equals + 2; at < line.Length && line[at] != '"'; at++)
            {
                if (line[at] == '\\' && at + 1 < line.Length)
                {
                    at++;
                    value.Append(line[at] == 'n' ? '\n' : line[at]);
                }
                else
                {
                    value.Append(line[at]);
                }
            }

            labels[name] = value.ToString();
            at++;
        }

        at++;
        return at <= line.Length;
    }
}
