using System.Globalization;
using System.Text;

namespace Kobune.Controllers.Jobs;

/// <summary>Completion indexes as runs of neighbours, so that a hundred thousand of them stay small. Immutable; its text is that of the Job's status: <c>1,3-5</c>.</summary>
internal sealed class IndexSet
{
    private readonly List<(int First, int Last)> _runs;

    private IndexSet(List<(int First, int Last)> runs)
    {
        _runs = runs;
        Count = runs.Sum(r => r.Last - r.First + 1);
    }

    public static IndexSet Empty { get; } = new([]);

    public int Count { get; }

    /// <summary>Reads the text; what is malformed or not below <paramref name="completions"/> is left out.</summary>
    public static IndexSet Parse(string? text, int completions)
    {
        var runs = new List<(int First, int Last)>();
        foreach (var part in (text ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            var bounds = part.Split('-');
            if (int.TryParse(bounds[0], NumberStyles.None, CultureInfo.InvariantCulture, out var first)
                && int.TryParse(bounds[^1], NumberStyles.None, CultureInfo.InvariantCulture, out var last)
                && first < completions && first <= last)
            {
                runs.Add((first, Math.Min(last, completions - 1)));
            }
        }

        return Merged(runs);
    }

    public bool Contains(int index)
    {
        int low = 0, high = _runs.Count;
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_runs[middle].Last >= index)
            {
                high = middle;
            }
            else
            {
                low = middle + 1;
            }
        }

        return low < _runs.Count && _runs[low].First <= index;
    }

    public IndexSet With(IEnumerable<int> indexes)
    {
        var added = indexes.Select(i => (i, i)).ToList();
        return added.Count == 0 ? this : Merged([.. _runs, .. added]);
    }

    public IndexSet With(IndexSet other) => other.Count == 0 ? this : Merged([.. _runs, .. other._runs]);

    /// <summary>How many indexes are in both.</summary>
    public int CountCommon(IndexSet other)
    {
        int common = 0, i = 0, j = 0;
        while (i < _runs.Count && j < other._runs.Count)
        {
            var (a, b) = (_runs[i], other._runs[j]);
            common += Math.Max(0, Math.Min(a.Last, b.Last) - Math.Max(a.First, b.First) + 1);
            if (a.Last < b.Last)
            {
                i++;
            }
            else
            {
                j++;
            }
        }

        return common;
    }

    /// <summary>The first <paramref name="count"/> indexes below <paramref name="completions"/> that are not in the set.</summary>
    public List<int> FirstMissing(int count, int completions)
    {
        var missing = new List<int>();
        var next = 0;
        foreach (var (first, last) in _runs)
        {
            for (; next < first && next < completions && missing.Count < count; next++)
            {
                missing.Add(next);
            }

            next = Math.Max(next, last + 1);
        }

        for (; next < completions && missing.Count < count; next++)
        {
            missing.Add(next);
        }

        return missing;
    }

    public override string ToString()
    {
        var text = new StringBuilder();
        foreach (var (first, last) in _runs)
        {
            text.Append(CultureInfo.InvariantCulture, $"{(text.Length > 0 ? "," : "")}{first}");
            if (last > first)
            {
                text.Append(CultureInfo.InvariantCulture, $"{(last == first + 1 ? ',' : '-')}{last}");
            }
        }

        return text.ToString();
    }

    private static IndexSet Merged(List<(int First, int Last)> runs)
    {
        runs.Sort();
        var merged = new List<(int First, int Last)>();
        foreach (var run in runs)
        {
            if (merged.Count > 0 && run.First <= merged[^1].Last + 1)
            {
                merged[^1] = (merged[^1].First, Math.Max(merged[^1].Last, run.Last));
            }
            else
            {
                merged.Add(run);
            }
        }

        return new IndexSet(merged);
    }
}
