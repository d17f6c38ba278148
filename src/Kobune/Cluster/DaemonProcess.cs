using System.Diagnostics;
using System.Globalization;
using Kobune.Hosting;

namespace Kobune.Cluster;

/// <summary>The background process of a cluster: started detached in the node's network namespace, found again by its pid file.</summary>
internal sealed class DaemonProcess(ClusterPaths paths)
{
    /// <summary>The running process's id, or null. The pid file alone proves nothing: the process must hold the lock.</summary>
    public int? RunningPid()
    {
        if (!File.Exists(paths.PidFile) || !int.TryParse(File.ReadAllText(paths.PidFile), NumberStyles.None, CultureInfo.InvariantCulture, out var pid))
        {
            return null;
        }
        return FileLock.TryTake(paths.ProcessLock) is { } free ? Release(free) : pid;

        static int? Release(FileLock held)
        {
            held.Dispose();
            return null;
        }
    }

    /// <summary>
    /// Starts the process in its own session, so that it outlives this terminal. Its standard output tells its progress, one
    /// <see cref="Progress"/> line a step; what it logs goes to the log file.
    /// </summary>
    public Process Start(ClusterConfig config)
    {
        var start = new ProcessStartInfo(HostProgram.Find("setsid")!)
        {
            RedirectStandardOutput = true,
            RedirectStandardInput = true,
            UseShellExecute = false,
            WorkingDirectory = "/",
        };
        foreach (var argument in (string[])[HostProgram.Find("nsenter")!, $"--net=/run/netns/{config.NetworkNamespace}", Environment.ProcessPath!, "daemon", "--name", paths.Name])
        {
            start.ArgumentList.Add(argument);
        }
        var process = Process.Start(start) ?? throw new InvalidOperationException("cannot start the cluster's process");
        process.StandardInput.Close();
        return process;
    }

    /// <summary>Starts the process as a child that writes its log to this terminal.</summary>
    public Process StartForeground(ClusterConfig config) => Process.Start(new ProcessStartInfo(
        HostProgram.Find("nsenter")!,
        [$"--net=/run/netns/{config.NetworkNamespace}", Environment.ProcessPath!, "daemon", "--name", paths.Name, "--foreground"])
    {
        UseShellExecute = false,
    }) ?? throw new InvalidOperationException("cannot start the cluster's process");

    /// <summary>Asks the process to end and waits; after the time it is killed.</summary>
    public async Task StopAsync(TimeSpan patience, TimeProvider time, CancellationToken cancellationToken)
    {
        if (RunningPid() is not { } pid)
        {
            return;
        }
        using var process = FindProcess(pid);
        if (process is null)
        {
            return;
        }
        NativeMethods.Kill(pid, NativeMethods.SigTerm);
        using var timeout = new CancellationTokenSource(patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            await process.WaitForExitAsync(either.Token);
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested)
        {
            process.Kill();
            await process.WaitForExitAsync(cancellationToken);
        }
    }

    private static Process? FindProcess(int pid)
    {
        try
        {
            return Process.GetProcessById(pid);
        }
        catch (ArgumentException)
        {
            return null;
        }
    }
}
