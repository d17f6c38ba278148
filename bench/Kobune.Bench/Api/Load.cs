using System.Diagnostics;

namespace Kobune.Bench.Api;

/// <summary>So many connections that each send one request after the other.</summary>
internal static class Load
{
    /// <param name="request">The bytes of request number i.</param>
    public static async Task<Measured> RunAsync(ApiTarget target, int connections, int count, Func<int, byte[]> request)
    {
        var open = await Task.WhenAll(Enumerable.Range(0, connections).Select(_ => RawConnection.OpenAsync(target)));
        var ticks = new long[count];
        var next = -1;
        var refused = 0;
        var done = 0;
        long bytes = 0;
        var before = target.Process;
        var start = Stopwatch.GetTimestamp();
        await Task.WhenAll(open.Select(async connection =>
        {
            int i;
            while ((i = Interlocked.Increment(ref next)) < count)
            {
                var bytesOut = request(i);
                var begun = Stopwatch.GetTimestamp();
                var (code, length) = await connection.SendAsync(bytesOut);
                ticks[i] = Stopwatch.GetTimestamp() - begun;
                Interlocked.Add(ref bytes, length);
                Interlocked.Increment(ref code < 300 ? ref done : ref refused);
            }
        }));
        var elapsed = Stopwatch.GetElapsedTime(start);
        var after = target.Process;
        foreach (var connection in open)
        {
            await connection.DisposeAsync();
        }

        Array.Sort(ticks);
        var note = $"p50 {Milliseconds(ticks[count / 2])} p99 {Milliseconds(ticks[(int)(count * 0.99)])} ms";
        if (before is not null && after is not null)
        {
            note += FormattableString.Invariant($", server {(after.Processor - before.Processor).TotalMicroseconds / count:0} µs processor each");
        }

        if (bytes / count > 100_000)
        {
            note += FormattableString.Invariant($", {bytes / count / 1e6:0.0} MB each");
        }

        return new Measured(done / elapsed.TotalSeconds, refused > 0 ? note + $", {refused} refused" : note);
    }

    private static string Milliseconds(long ticks) => (ticks * 1000.0 / Stopwatch.Frequency).ToString("0.00", System.Globalization.CultureInfo.InvariantCulture);
}
