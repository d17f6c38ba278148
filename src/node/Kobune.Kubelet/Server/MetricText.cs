using System.Globalization;
using System.Text;

namespace Kobune.Kubelet.Server;

/// <summary>Writes Prometheus' text format: families with their samples.</summary>
internal sealed class MetricText
{
    private readonly StringBuilder _text = new();

    public void Family(string name, string type, string help) =>
        _text.Append("# HELP ").Append(name).Append(' ').Append(help).Append('\n').Append("# TYPE ").Append(name).Append(' ').Append(type).Append('\n');

    /// <param name="name">Of the family.</param>
    /// <param name="labels">Pairs of name and value.</param>
    /// <param name="value">In the base unit that the name says.</param>
    /// <param name="nanoseconds">When it was measured, since 1970; 0 leaves it out.</param>
    public void Sample(string name, IEnumerable<(string Name, string Value)> labels, double value, long nanoseconds = 0)
    {
        _text.Append(name);
        var separator = '{';
        foreach (var (label, text) in labels)
        {
            _text.Append(separator).Append(label).Append("=\"").Append(Escape(text)).Append('"');
            separator = ',';
        }

        _text.Append(separator == ',' ? "} " : " ").Append(value.ToString("R", CultureInfo.InvariantCulture));
        if (nanoseconds > 0)
        {
            _text.Append(' ').Append(nanoseconds / 1_000_000);
        }

        _text.Append('\n');
    }

    public override string ToString() => _text.ToString();

    private static string Escape(string text) =>
        text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
}
