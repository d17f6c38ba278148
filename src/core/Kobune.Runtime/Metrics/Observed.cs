using System.Text;

namespace Kobune.Runtime.Metrics;

/// <summary>Samples that are computed when the metrics are read.</summary>
internal sealed class Observed(string name, string help, string type, string[] labels, Func<IEnumerable<(string[] Labels, double Value)>> samples) : Metric(name, help, type, labels)
{
    private protected override void WriteSamples(StringBuilder text)
    {
        foreach (var (values, value) in samples())
        {
            Sample(text, "", values, null, null, value);
        }
    }
}
