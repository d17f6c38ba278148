using System.Diagnostics;
using System.Globalization;
using Kobune.Ingress.Rendering;

namespace Kobune.Ingress.Nginx;

/// <summary>
/// nginx as a process of our own: its own folder, no system service. It outlives a Kobune that was killed, and is then
/// adopted by its pid file. A new configuration is checked first; the running one goes on until the new one is good, and
/// its connections are served to their end by its workers (SIGHUP).
/// </summary>
internal sealed class NginxProcess(IngressOptions options, TimeProvider time)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(20);

    private readonly NginxPaths _paths = new(options.Root);

    /// <summary>The master's id when it runs. The pid file alone proves nothing: the process must have our configuration on its command line.</summary>
    public int? RunningPid()
    {
        if (!File.Exists(_paths.PidFile) || !int.TryParse(File.ReadAllText(_paths.PidFile).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var pid))
        {
            return null;
        }
        try
        {
            return File.ReadAllText($"/proc/{pid}/cmdline").Contains(_paths.Config, StringComparison.Ordinal) ? pid : null;
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>Makes nginx work by the text: starts it, or has it reload when the text has changed.</summary>
    /// <param name="text">The whole configuration.</param>
    /// <param name="reload">Reload although the text is the same.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="InvalidOperationException">nginx does not accept the text, or does not start; the message has its words. What ran before goes on.</exception>
    public async Task ApplyAsync(string text, bool reload, CancellationToken cancellationToken)
    {
        var running = RunningPid();
        if (running is not null && !reload && File.Exists(_paths.Config) && await File.ReadAllTextAsync(_paths.Config, cancellationToken) == text)
        {
            return;
        }
        Directory.CreateDirectory(_paths.Temporary);
        await File.WriteAllTextAsync(_paths.Candidate, text, cancellationToken);
        var check = await RunAsync(["-t", "-q", "-p", options.Root, "-e", _paths.ErrorLog, "-c", _paths.Candidate], cancellationToken);
        if (check.ExitCode != 0)
        {
            throw new InvalidOperationException($"nginx does not accept its configuration {_paths.Candidate}: {check.Error.Trim()}");
        }
        File.Move(_paths.Candidate, _paths.Config, overwrite: true);
        if (running is { } pid)
        {
            _ = NativeMethods.Kill(pid, NativeMethods.SigHup);
            return;
        }
        await StartAsync(cancellationToken);
    }

    /// <summary>Ends nginx: what is being answered gets a moment.</summary>
    public async Task StopAsync()
    {
        if (RunningPid() is not { } pid)
        {
            return;
        }
        _ = NativeMethods.Kill(pid, NativeMethods.SigQuit);
        if (!await GoneAsync(pid))
        {
            _ = NativeMethods.Kill(pid, NativeMethods.SigTerm);
            await GoneAsync(pid);
        }
    }

    private async Task StartAsync(CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(options.Program, ["-p", options.Root, "-e", _paths.ErrorLog, "-c", _paths.Config])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        };
        using var process = Process.Start(start) ?? throw new InvalidOperationException($"cannot start {options.Program}");
        process.StandardInput.Close();
        using var timeout = new CancellationTokenSource(Patience, time);
        while (RunningPid() is null)
        {
            if (process.HasExited || timeout.IsCancellationRequested)
            {
                var why = process.HasExited ? await process.StandardError.ReadToEndAsync(cancellationToken) : "it wrote no pid file";
                throw new InvalidOperationException($"nginx does not start (is another server on port {options.HttpPort} or {options.HttpsPort}?): {why.Trim()}");
            }
            await Task.Delay(Interval, time, cancellationToken);
        }
    }

    private async Task<bool> GoneAsync(int pid)
    {
        using var timeout = new CancellationTokenSource(Patience, time);
        while (RunningPid() == pid)
        {
            if (timeout.IsCancellationRequested)
            {
                return false;
            }
            await Task.Delay(Interval, time, CancellationToken.None);
        }
        return true;
    }

    private async Task<(int ExitCode, string Error)> RunAsync(string[] arguments, CancellationToken cancellationToken)
    {
        using var process = Process.Start(new ProcessStartInfo(options.Program, arguments) { UseShellExecute = false, RedirectStandardError = true })
            ?? throw new InvalidOperationException($"cannot start {options.Program}");
        var error = await process.StandardError.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        return (process.ExitCode, error);
    }
}
