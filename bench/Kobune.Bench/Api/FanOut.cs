using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Kobune.Bench.Api;

/// <summary>Many watchers of one resource while objects are created: every watcher must see every event once, in order.</summary>
internal static class FanOut
{
    public static async Task<Measured> RunAsync(ApiTarget target, string ns, int watchers, int objects)
    {
        using var http = target.HttpClient();
        var from = await VersionAsync(http, ns);
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(10));
        var connected = 0;
        var watching = Enumerable.Range(0, watchers).Select(_ => WatchAsync(http, ns, from, objects, () => Interlocked.Increment(ref connected), limit.Token)).ToList();
        while (Volatile.Read(ref connected) < watchers)
        {
            using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
            await timer.WaitForNextTickAsync(limit.Token);
        }

        var before = target.Process;
        var start = Stopwatch.GetTimestamp();
        await Load.RunAsync(target, 16, objects, i => RawConnection.Request(target, "POST", $"/api/v1/namespaces/{ns}/configmaps", $$$"""{"metadata":{"name":"f{{{i:00000}}}"},"data":{"k":"v"}}"""));
        var wrong = (await Task.WhenAll(watching)).Count(w => !w);
        var elapsed = Stopwatch.GetElapsedTime(start);
        var after = target.Process;
        var note = wrong == 0 ? "all in order" : $"{wrong} WATCHERS MISSED OR REORDERED";
        if (before is not null && after is not null)
        {
            note += FormattableString.Invariant($", server {(after.Processor - before.Processor).TotalMicroseconds / ((double)watchers * objects):0.00} µs processor an event, {after.Resident / 1e6:0} MB resident");
        }

        return new Measured((double)watchers * objects / elapsed.TotalSeconds, note);
    }

    private static async Task<string> VersionAsync(HttpClient http, string ns)
    {
        var text = await http.GetStringAsync($"/api/v1/namespaces/{ns}/configmaps?limit=1");
        var at = text.IndexOf("\"resourceVersion\":\"", StringComparison.Ordinal) + 19;
        return text[at..text.IndexOf('"', at)];
    }

    private static async Task<bool> WatchAsync(HttpClient http, string ns, string from, int count, Action connected, CancellationToken cancellationToken)
    {
        using var answer = await http.GetAsync($"/api/v1/namespaces/{ns}/configmaps?watch=1&resourceVersion={from}", HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        connected();
        await using var stream = await answer.Content.ReadAsStreamAsync(cancellationToken);
        var marker = Encoding.ASCII.GetBytes("\"resourceVersion\":\"");
        var buffer = new byte[16 * 1024];
        var kept = 0;
        long last = long.Parse(from, CultureInfo.InvariantCulture);
        var seen = 0;
        while (seen < count)
        {
            var read = await stream.ReadAsync(buffer.AsMemory(kept), cancellationToken);
            if (read == 0)
            {
                return false;
            }

            var filled = kept + read;
            var at = 0;
            int end;
            while ((end = buffer.AsSpan(at, filled - at).IndexOf((byte)'\n')) >= 0)
            {
                var line = buffer.AsSpan(at, end);
                at += end + 1;
                if (!line.StartsWith("{\"type\":\"ADDED\""u8))
                {
                    continue;
                }

                System.Buffers.Text.Utf8Parser.TryParse(line[(line.IndexOf(marker) + marker.Length)..], out long version, out _);
                if (version <= last)
                {
                    return false;
                }

                last = version;
                seen++;
            }

            kept = filled - at;
            Buffer.BlockCopy(buffer, at, buffer, 0, kept);
        }

        return true;
    }
}
