using System.Diagnostics;
using System.Text;

namespace Kobune.EndToEnd.Harness;

/// <summary>What a finished program said.</summary>
internal sealed record Finished(int ExitCode, string Output, string Error)
{
    public string All => Output + Error;

    public Finished Succeeded()
    {
        Assert.True(ExitCode == 0, $"exit code {ExitCode}\n{Output}{Error}");
        return this;
    }
}

/// <summary>Runs programs and shell scripts as a person at a terminal would, with a limit in time.</summary>
internal static class Shell
{
    public static readonly TimeSpan DefaultLimit = TimeSpan.FromSeconds(120);

    public static async Task<Finished> RunAsync(
        string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null, string? input = null, TimeSpan? limit = null)
    {
        var start = Info(program, arguments, environment);
        start.RedirectStandardInput = true;
        using var process = Process.Start(start)!;
        var output = Collect(process.StandardOutput);
        var error = Collect(process.StandardError);
        if (input is not null)
        {
            await process.StandardInput.WriteAsync(input);
        }
        process.StandardInput.Close();
        using var timeout = new CancellationTokenSource(limit ?? DefaultLimit);
        try
        {
            await process.WaitForExitAsync(timeout.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{program} {string.Join(' ', arguments)} did not end within {limit ?? DefaultLimit}\n{output}{error}");
        }
        // A program that left children behind keeps the pipes open: what came until now is what it said.
        await Task.WhenAny(Task.WhenAll(output.Done, error.Done), Task.Delay(TimeSpan.FromSeconds(2), CancellationToken.None));
        return new Finished(process.ExitCode, output.ToString(), error.ToString());
    }

    /// <summary>A program that goes on in the background until disposed.</summary>
    /// <param name="typing">Whether <see cref="Running.TypeAsync"/> will be used.</param>
    public static Running Start(string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null, bool typing = false)
    {
        var start = Info(program, arguments, environment);
        start.RedirectStandardInput = typing;
        return new(Process.Start(start)!);
    }

    internal static Collector Collect(StreamReader reader) => new(reader);

    private static ProcessStartInfo Info(string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }
        return start;
    }
}

/// <summary>Gathers what a stream says as it says it; waits for a text to appear.</summary>
internal sealed class Collector
{
    private readonly StringBuilder _text = new();
    private readonly Lock _lock = new();
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Collector(StreamReader reader) => Done = ReadAsync(reader);

    public Task Done { get; }

    public override string ToString()
    {
        lock (_lock)
        {
            return _text.ToString();
        }
    }

    /// <summary>Waits until what was said fulfils the condition.</summary>
    public async Task<string> WaitForAsync(Func<string, bool> condition, TimeSpan limit)
    {
        using var timeout = new CancellationTokenSource(limit);
        while (true)
        {
            Task changed;
            lock (_lock)
            {
                if (condition(_text.ToString()))
                {
                    return _text.ToString();
                }
                changed = _changed.Task;
            }
            try
            {
                await changed.WaitAsync(timeout.Token);
            }
            catch (OperationCanceledException)
            {
                throw new TimeoutException($"waited {limit} in vain; what was said is:\n{this}");
            }
        }
    }

    private async Task ReadAsync(StreamReader reader)
    {
        var buffer = new char[4096];
        int count;
        while ((count = await reader.ReadAsync(buffer)) > 0)
        {
            TaskCompletionSource changed;
            lock (_lock)
            {
                _text.Append(buffer, 0, count);
                changed = _changed;
                _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
            }
            changed.SetResult();
        }
    }
}

/// <summary>A program in the background.</summary>
internal sealed class Running(Process process) : IDisposable
{
    public Collector Output { get; } = Shell.Collect(process.StandardOutput);
    public Collector Error { get; } = Shell.Collect(process.StandardError);
    public int Pid => process.Id;
    public bool HasExited => process.HasExited;
    public int ExitCode => process.ExitCode;

    /// <summary>Writes to the program's standard input.</summary>
    public async Task TypeAsync(string text)
    {
        await process.StandardInput.WriteAsync(text);
        await process.StandardInput.FlushAsync();
    }

    public Task WaitForExitAsync(TimeSpan limit) => process.WaitForExitAsync().WaitAsync(limit);

    public void Dispose()
    {
        if (!process.HasExited)
        {
            process.Kill(entireProcessTree: true);
            process.WaitForExit();
        }
        process.Dispose();
    }
}
