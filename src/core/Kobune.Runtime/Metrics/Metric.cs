using System.Globalization;
using System.Text;

namespace Kobune.Runtime.Metrics;

/// <summary>What all metrics have: a name, an explanation, a type and label names.</summary>
public abstract class Metric(string name, string help, string type, string[] labels)
{
    /// <summary>The most label combinations that one metric keeps; further ones are not recorded, so that no client can fill memory.</summary>
    protected const int MaxSeries = 20_000;

    /// <summary>The metric's name.</summary>
    public string Name { get; } = name;

    internal void WriteTo(StringBuilder text)
    {
        text.Append("# HELP ").Append(Name).Append(' ').Append(help).Append("\n# TYPE ").Append(Name).Append(' ').Append(type).Append('\n');
        WriteSamples(text);
    }

    private protected abstract void WriteSamples(StringBuilder text);

    private protected void Sample(StringBuilder text, string suffix, string[] values, string? extraLabel, string? extraValue, double value)
    {
        text.Append(Name).Append(suffix);
        if (labels.Length > 0 || extraLabel is not null)
        {
            text.Append('{');
            for (var i = 0; i < labels.Length; i++)
            {
                text.Append(i > 0 ? "," : "").Append(labels[i]).Append("=\"");
                Escape(text, values[i]);
                text.Append('"');
            }

            if (extraLabel is not null)
            {
                text.Append(labels.Length > 0 ? "," : "").Append(extraLabel).Append("=\"").Append(extraValue).Append('"');
            }

            text.Append('}');
        }

        text.Append(' ').Append(Number(value)).Append('\n');
    }

    private protected static string Number(double value) =>
        double.IsPositiveInfinity(value) ? "+Inf" : value.ToString("R", CultureInfo.InvariantCulture);

    private static void Escape(StringBuilder text, string value)
    {
        foreach (var c in value)
        {
            switch (c)
            {
                case '\\': text.Append("\\\\"); break;
                case '"': text.Append("\\\""); break;
                case '\n': text.Append("\\n"); break;
                default: text.Append(c); break;
            }
        }
    }
}
