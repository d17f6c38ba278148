using System.Text;

namespace Kobune.Kubectl.Text;

/// <summary>
/// Elastic tab stops: a cell ended by a tab belongs to a column, and a column is a run of adjacent lines that have it.
/// Its width is its widest cell plus the padding. The text after the last tab of a line belongs to none.
/// </summary>
internal sealed class TabWriter(int minimumWidth = 0, int padding = 2)
{
    private readonly List<string[]> _lines = [];
    private readonly StringBuilder _partial = new();

    public void Write(string text)
    {
        foreach (var c in text)
        {
            if (c == '\n')
            {
                _lines.Add(_partial.ToString().Split('\t'));
                _partial.Clear();
            }
            else
            {
                _partial.Append(c);
            }
        }
    }

    public void WriteLine(string text) => Write(text + "\n");

    /// <summary>Everything that was written, aligned; starts anew.</summary>
    public string Flush()
    {
        if (_partial.Length > 0)
        {
            _lines.Add(_partial.ToString().Split('\t'));
            _partial.Clear();
        }

        var output = new StringBuilder();
        Format(output, 0, _lines.Count, []);
        _lines.Clear();
        return output.ToString();
    }

    private void Format(StringBuilder output, int first, int end, List<int> widths)
    {
        var column = widths.Count;
        for (var i = first; i < end; i++)
        {
            if (column >= _lines[i].Length - 1)
            {
                continue;
            }

            Emit(output, first, i, widths);
            first = i;
            var width = minimumWidth;
            for (; i < end && column < _lines[i].Length - 1; i++)
            {
                width = Math.Max(width, Width(_lines[i][column]) + padding);
            }

            widths.Add(width);
            Format(output, first, i, widths);
            widths.RemoveAt(widths.Count - 1);
            first = i;
        }

        Emit(output, first, end, widths);
    }

    private void Emit(StringBuilder output, int first, int end, List<int> widths)
    {
        for (var i = first; i < end; i++)
        {
            var line = _lines[i];
            for (var j = 0; j < line.Length; j++)
            {
                output.Append(line[j]);
                if (j < widths.Count)
                {
                    output.Append(' ', Math.Max(0, widths[j] - Width(line[j])));
                }
            }

            output.Append('\n');
        }
    }

    /// <summary>Characters, not UTF-16 units; wide ones count as one, as the original counts them.</summary>
    internal static int Width(string text)
    {
        var width = 0;
        foreach (var _ in text.EnumerateRunes())
        {
            width++;
        }

        return width;
    }
}
