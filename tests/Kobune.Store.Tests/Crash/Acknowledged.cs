using System.Diagnostics;

namespace Kobune.Store.Tests.Crash;

/// <summary>One line that the crashing writer printed: the store told it that this write is durable.</summary>
internal sealed record Acknowledged(long Revision, string Key, bool Deleted, long Step)
{
    /// <summary>Lets the writer run until it printed so many lines, kills it with SIGKILL, and returns all that it printed.</summary>
    public static async Task<List<Acknowledged>> KillAfterAsync(string variant, string database, int lines)
    {
        var program = Path.Combine(AppContext.BaseDirectory, "Kobune.Store.CrashWriter");
        using var process = Process.Start(new ProcessStartInfo(program, [variant, database])
        {
            RedirectStandardOutput = true,
            UseShellExecute = false,
        })!;
        var printed = new List<Acknowledged>();
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            // The kill may cut the last line in two; what it said was then not told.
            if (Parse(line) is { } acknowledged)
            {
                printed.Add(acknowledged);
            }

            if (printed.Count == lines)
            {
                process.Kill();
            }
        }

        await process.WaitForExitAsync();
        Assert.Equal(128 + 9, process.ExitCode);
        return printed;
    }

    private static Acknowledged? Parse(string line)
    {
        var words = line.Split(' ');
        return words.Length == 4 && long.TryParse(words[3], out var step)
            ? new Acknowledged(long.Parse(words[0]), words[1], words[2] == "-", step)
            : null;
    }
}
