using System.Globalization;
using System.Text.Json.Nodes;
using Kobune.Kubectl.Output;
using Kobune.Kubectl.Text;

namespace Kobune.Kubectl.Describe;

/// <summary>Lines of a description: two spaces per level, cells separated by tabs and aligned at the end.</summary>
internal sealed class DescribeWriter
{
    private readonly TabWriter _output = new(minimumWidth: 0, padding: 2);

    public void Line(int level, string text) => _output.Write(new string(' ', level * 2) + text + "\n");

    /// <summary>"Name:\tvalue".</summary>
    public void Field(int level, string name, string value) => Line(level, $"{name}:\t{value}");

    /// <summary>Starts a new block of columns.</summary>
    public string Finish() => _output.Flush();

    /// <summary>A map one entry per line under its title; &lt;none&gt; when empty.</summary>
    public void Map(int level, string title, JsonObject map, IReadOnlyCollection<string>? skip = null, string separator = "=")
    {
        var entries = map.Where(e => skip is null || !skip.Contains(e.Key)).OrderBy(e => e.Key, StringComparer.Ordinal).ToArray();
        if (entries.Length == 0)
        {
            Line(level, $"{title}:\t<none>");
            return;
        }

        for (var i = 0; i < entries.Length; i++)
        {
            Line(level, $"{(i == 0 ? title + ":" : "")}\t{entries[i].Key}{separator}{entries[i].Value.Text()}");
        }
    }

    /// <summary>Annotations: as a map, but long values on a line of their own.</summary>
    public void Annotations(int level, string title, JsonObject map)
    {
        string[] skip = ["kubectl.kubernetes.io/last-applied-configuration"];
        var entries = map.Where(e => !skip.Contains(e.Key)).OrderBy(e => e.Key, StringComparer.Ordinal).ToArray();
        if (entries.Length == 0)
        {
            Line(level, $"{title}:\t<none>");
            return;
        }

        var first = true;
        foreach (var (key, node) in entries)
        {
            var value = node.Text().TrimEnd('\n');
            var head = first ? title + ":" : "";
            first = false;
            if (value.Length + key.Length + 2 <= 140 && !value.Contains('\n', StringComparison.Ordinal))
            {
                Line(level, $"{head}\t{key}: {value}");
                continue;
            }

            Line(level, $"{head}\t{key}:");
            foreach (var line in value.Split('\n'))
            {
                Line(level, $"\t  {(line.Length > 140 ? line[..140] + "..." : line)}");
            }
        }
    }

    /// <summary>Times as descriptions show them: "Mon, 02 Jan 2006 15:04:05 +0000".</summary>
    public static string Time(DateTimeOffset? time) =>
        time is { } t ? t.ToLocalTime().ToString("ddd, dd MMM yyyy HH:mm:ss ", CultureInfo.InvariantCulture) + t.ToLocalTime().ToString("zzz", CultureInfo.InvariantCulture).Replace(":", "", StringComparison.Ordinal) : "<unset>";

    public static string LabelList(JsonObject labels) => labels.Count == 0 ? "<none>" : TablePrinter.FormatLabels(labels);
}
