using System.Diagnostics;

namespace Kobune.Hosting;

/// <summary>Runs helper programs (ip, nft, ctr, apt-get) without a shell.</summary>
internal static class HostProgram
{
    public readonly record struct Result(int ExitCode, string Output, string Error);

    /// <summary>Runs a program and returns what it printed, whatever its exit code.</summary>
    public static async Task<Result> TryRunAsync(string program, IEnumerable<string> arguments, string? input = null, CancellationToken cancellationToken = default)
    {
        var start = new ProcessStartInfo(program)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            UseShellExecute = false,
        };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }
        using var process = Process.Start(start) ?? throw new InvalidOperationException($"cannot start {program}");
        var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
        var error = process.StandardError.ReadToEndAsync(cancellationToken);
        if (input is not null)
        {
            await process.StandardInput.WriteAsync(input.AsMemory(), cancellationToken);
        }
        process.StandardInput.Close();
        await process.WaitForExitAsync(cancellationToken);
        return new Result(process.ExitCode, await output, await error);
    }

    /// <summary>Runs a program that has to succeed.</summary>
    /// <exception cref="CommandFailedException">It exited with another code than 0.</exception>
    public static async Task<string> RunAsync(string program, IEnumerable<string> arguments, string? input = null, CancellationToken cancellationToken = default)
    {
        var list = arguments.ToArray();
        var result = await TryRunAsync(program, list, input, cancellationToken);
        return result.ExitCode == 0
            ? result.Output
            : throw new CommandFailedException(program, list, result);
    }

    /// <summary>The full path of a program on PATH or in the system's sbin folders, or null.</summary>
    public static string? Find(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries)
            .Concat(["/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/bin", "/bin"])
            .Select(d => Path.Combine(d, program))
            .FirstOrDefault(File.Exists);
}

internal sealed class CommandFailedException(string program, IReadOnlyList<string> arguments, HostProgram.Result result)
    : Exception($"{program} {string.Join(' ', arguments)}: exit code {result.ExitCode}: {(result.Error.Length > 0 ? result.Error : result.Output).Trim()}");
