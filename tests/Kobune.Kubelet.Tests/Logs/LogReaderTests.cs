using System.Text;
using Kobune.Kubelet.Logs;

namespace Kobune.Kubelet.Tests.Logs;

public sealed class LogReaderTests : IDisposable
{
    private const string Text = """
        2026-01-01T00:00:01.000000000Z stdout F one
        2026-01-01T00:00:02.000000000Z stderr F two
        2026-01-01T00:00:03.000000000Z stdout P thr
        2026-01-01T00:00:03.500000000Z stdout F ee
        2026-01-01T00:00:04.000000000Z stdout F four

        """;

    private readonly string _directory = Directory.CreateTempSubdirectory("logs-").FullName;

    private string File => Path.Combine(_directory, "0.log");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData("", "one\ntwo\nthree\nfour\n")]
    [InlineData("tailLines=1", "four\n")]
    [InlineData("tailLines=0", "")]
    [InlineData("tailLines=100", "one\ntwo\nthree\nfour\n")]
    [InlineData("sinceTime=2026-01-01T00:00:03.2Z", "ee\nfour\n")]
    [InlineData("limitBytes=5", "one\nt")]
    [InlineData("stream=Stderr", "two\n")]
    [InlineData("timestamps=true&tailLines=1", "2026-01-01T00:00:04.000000000Z four\n")]
    public async Task Options_select(string query, string expected)
    {
        await System.IO.File.WriteAllTextAsync(File, Text);
        Assert.Equal(expected, await ReadAsync(query));
    }

    [Fact]
    public async Task Following_ends_with_the_container_and_survives_rotation()
    {
        await System.IO.File.WriteAllTextAsync(File, Text);
        var running = true;
        var changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var output = new MemoryStream();
        var reader = new LogReader(File, LogOptions.FromQuery(n => n == "follow" ? "true" : n == "tailLines" ? "1" : null, default), Stream.Synchronized(output));
        var reading = reader.CopyAsync(() => running, () => changed.Task, default);
        await UntilAsync(output, "four\n");
        await System.IO.File.AppendAllTextAsync(File, "2026-01-01T00:00:05Z stdout F five\n");
        await UntilAsync(output, "four\nfive\n");
        System.IO.File.Move(File, File + ".20260101-000000");
        await System.IO.File.WriteAllTextAsync(File, "2026-01-01T00:00:06Z stdout F six\n");
        await UntilAsync(output, "four\nfive\nsix\n");
        running = false;
        changed.SetResult();
        await reading.WaitAsync(TimeSpan.FromSeconds(5));
    }

    private async Task<string> ReadAsync(string query)
    {
        var parameters = query.Split('&', StringSplitOptions.RemoveEmptyEntries).Select(p => p.Split('=')).ToDictionary(p => p[0], p => p[1]);
        var output = new MemoryStream();
        var reader = new LogReader(File, LogOptions.FromQuery(n => parameters.GetValueOrDefault(n), default), output);
        await reader.CopyAsync(() => false, () => Task.CompletedTask, default);
        return Encoding.UTF8.GetString(output.ToArray());
    }

    private static async Task UntilAsync(MemoryStream output, string text)
    {
        for (var i = 0; i < 2000; i++)
        {
            if (Encoding.UTF8.GetString(output.ToArray()) == text)
            {
                return;
            }

            await Task.Delay(1);
        }

        Assert.Equal(text, Encoding.UTF8.GetString(output.ToArray()));
    }
}
