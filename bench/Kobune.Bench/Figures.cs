using System.Diagnostics;

namespace Kobune.Bench;

/// <summary>Durations of many operations, and the line that is printed of them.</summary>
internal sealed class Figures(int capacity)
{
    private readonly long[] _ticks = new long[capacity];
    private readonly long _start = Stopwatch.GetTimestamp();
    private int _count;

    public void Add(long startedAt) => _ticks[Interlocked.Increment(ref _count) - 1] = Stopwatch.GetTimestamp() - startedAt;

    public void Print(string name)
    {
        var elapsed = Stopwatch.GetElapsedTime(_start);
        var sorted = _ticks.AsSpan(0, _count);
        sorted.Sort();
        Console.WriteLine($"{name,-34} {_count / elapsed.TotalSeconds,9:n0}/s   p50 {Milliseconds(sorted[_count / 2])}   p99 {Milliseconds(sorted[(int)(_count * 0.99)])}");
    }

    private static string Milliseconds(long ticks) => $"{ticks * 1000.0 / Stopwatch.Frequency,7:n3} ms";
}
