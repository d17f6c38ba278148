using System.Text;
using System.Text.Json.Nodes;
using Kobune.Kubectl.Text;

namespace Kobune.Kubectl.Output;

/// <summary>What a table shows besides the server's columns.</summary>
internal sealed record TableOptions
{
    public bool Wide { get; init; }
    public bool NoHeaders { get; init; }
    public bool WithNamespace { get; init; }
    public bool WithKind { get; init; }
    public bool ShowLabels { get; init; }
    public IReadOnlyList<string> LabelColumns { get; init; } = [];
    public bool WithEventType { get; init; }
}

/// <summary>
/// Prints the tables that the server sends. Rows of one resource share their columns' widths; during a watch the widths
/// that were reached stay.
/// </summary>
internal sealed class TablePrinter(TableOptions options)
{
    private const int Padding = 3;
    private const int MinimumWidth = 6;
    private readonly List<string[]> _pending = [];
    private int[] _widths = [];
    private string _resource = "";
    private JsonArray _columns = [];
    private bool _printedAny;

    /// <summary>Adds the rows of one answer; a change of resource begins a new table.</summary>
    /// <param name="kindPrefix">"pod" when names are to be shown as "pod/web".</param>
    public void Add(JsonObject table, string resource, string kindPrefix, TextWriter output, string eventType = "")
    {
        var rows = table.Items("rows");
        if (resource != _resource)
        {
            Flush(output);
            _columns = [];
            _widths = [];
        }

        if (table["columnDefinitions"] is JsonArray { Count: > 0 } columns)
        {
            _columns = (JsonArray)columns.DeepClone();
        }

        if (rows.Count == 0)
        {
            return;
        }

        if (resource != _resource)
        {
            if (_printedAny && !options.NoHeaders)
            {
                output.WriteLine();
            }

            _resource = resource;
            if (!options.NoHeaders)
            {
                _pending.Add(Headers());
            }
        }

        foreach (var row in rows.OfType<JsonObject>())
        {
            _pending.Add(Cells(row, kindPrefix, eventType));
        }
    }

    public void Flush(TextWriter output)
    {
        if (_pending.Count == 0)
        {
            return;
        }

        _printedAny = true;
        var count = _pending.Max(r => r.Length);
        Array.Resize(ref _widths, Math.Max(count, _widths.Length));
        foreach (var row in _pending)
        {
            for (var i = 0; i < row.Length - 1; i++)
            {
                _widths[i] = Math.Max(_widths[i], Math.Max(MinimumWidth, TabWriter.Width(row[i]) + Padding));
            }
        }

        var text = new StringBuilder();
        foreach (var row in _pending)
        {
            for (var i = 0; i < row.Length; i++)
            {
                text.Append(row[i]);
                if (i < row.Length - 1)
                {
                    text.Append(' ', _widths[i] - TabWriter.Width(row[i]));
                }
            }

            text.Append('\n');
        }

        output.Write(text);
        _pending.Clear();
    }

    private IEnumerable<int> Visible() =>
        Enumerable.Range(0, _columns.Count).Where(i => options.Wide || _columns[i].Long("priority") == 0);

    private string[] Headers()
    {
        var headers = new List<string>();
        if (options.WithEventType)
        {
            headers.Add("EVENT");
        }

        if (options.WithNamespace)
        {
            headers.Add("NAMESPACE");
        }

        headers.AddRange(Visible().Select(i => _columns[i].Text("name").ToUpperInvariant()));
        headers.AddRange(options.LabelColumns.Select(l => l[(l.LastIndexOf('/') + 1)..].ToUpperInvariant()));
        if (options.ShowLabels)
        {
            headers.Add("LABELS");
        }

        return [.. headers];
    }

    private string[] Cells(JsonObject row, string kindPrefix, string eventType)
    {
        var cells = new List<string>();
        if (options.WithEventType)
        {
            cells.Add(eventType);
        }

        if (options.WithNamespace)
        {
            cells.Add(row.Text("object", "metadata", "namespace"));
        }

        var values = row.Items("cells");
        foreach (var i in Visible())
        {
            var text = i < values.Count ? Cell(values[i]) : "";
            cells.Add(i == 0 && options.WithKind ? $"{kindPrefix}/{text}" : text);
        }

        var labels = row.Map("object", "metadata", "labels");
        cells.AddRange(options.LabelColumns.Select(l => labels.Text(l)));
        if (options.ShowLabels)
        {
            cells.Add(FormatLabels(labels));
        }

        return [.. cells];
    }

    public static string FormatLabels(JsonObject labels) => labels.Count == 0
        ? "<none>"
        : string.Join(',', labels.OrderBy(l => l.Key, StringComparer.Ordinal).Select(l => $"{l.Key}={l.Value.Text()}"));

    /// <summary>A cell up to its first line break, which is shown as dots.</summary>
    private static string Cell(JsonNode? node)
    {
        var text = node.Text();
        var end = text.AsSpan().IndexOfAny('\n', '\r', '\f');
        return end < 0 ? text : text[..end] + "...";
    }
}
