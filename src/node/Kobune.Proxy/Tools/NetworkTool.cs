using System.Diagnostics;

namespace Kobune.Proxy.Tools;

/// <summary>Runs nft, iptables-restore or conntrack in a network namespace: this process's own, or a named one (tests).</summary>
/// <param name="networkNamespace">A name below /run/netns; null: where this process is.</param>
internal sealed class NetworkTool(string? networkNamespace = null)
{
    public readonly record struct Result(int ExitCode, string Output, string Error);

    /// <summary>Runs a program that has to succeed; what it printed.</summary>
    /// <exception cref="NetworkToolException">It exited with another code than 0.</exception>
    public async Task<string> RunAsync(string program, IReadOnlyList<string> arguments, string? input, CancellationToken cancellationToken)
    {
        var result = await TryRunAsync(program, arguments, input, cancellationToken);
        return result.ExitCode == 0 ? result.Output : throw new NetworkToolException($"{program} {string.Join(' ', arguments)}: {Short(result.Error)}");
    }

    /// <summary>Runs a program, whatever its exit code.</summary>
    public async Task<Result> TryRunAsync(string program, IReadOnlyList<string> arguments, string? input, CancellationToken cancellationToken)
    {
        var start = networkNamespace is null ? new ProcessStartInfo(program, arguments) : new ProcessStartInfo("nsenter", [$"--net=/run/netns/{networkNamespace}", program, .. arguments]);
        start.RedirectStandardInput = start.RedirectStandardOutput = start.RedirectStandardError = true;
        start.UseShellExecute = false;
        using var process = Process.Start(start) ?? throw new NetworkToolException($"cannot start {program}");
        var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
        var error = process.StandardError.ReadToEndAsync(cancellationToken);
        try
        {
            await process.StandardInput.WriteAsync((input ?? "").AsMemory(), cancellationToken);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended before it had read all: its exit code and message say why.
        }
        await process.WaitForExitAsync(cancellationToken);
        return new Result(process.ExitCode, await output, await error);
    }

    private static string Short(string text) => text.Length > 2000 ? text[..2000] + "…" : text.Trim();
}

/// <summary>A tool refused what it was told; the message has its words.</summary>
internal sealed class NetworkToolException(string message) : Exception(message);
