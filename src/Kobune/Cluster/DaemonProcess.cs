using System.Diagnostics;
using System.Globalization;
using Kobune.Hosting;

namespace Kobune.Cluster;

/// <summary>
/// The background process of a node: started detached in the node's network namespace, found again by its pid file. That of
/// the first node is the control plane's too.
/// </summary>
internal sealed class DaemonProcess(ClusterPaths cluster, ClusterConfig config, ClusterNode node)
{
    // The log file takes what the process itself says and what the runtime says when it dies. up's own standard error would
    // be held open by it, and «up 2>&1 | tee log» would never end.
    private const string ErrorsToLog = "exec \"$@\" 2>>\"$0\"";

    private readonly NodePaths _paths = cluster.Node(node);

    public ClusterNode Node => node;

    /// <summary>Where the process logs.</summary>
    public string Log => _paths.Log;

    /// <summary>The running process's id, or null. The pid file alone proves nothing: the process must hold the lock.</summary>
    public int? RunningPid()
    {
        if (!File.Exists(_paths.PidFile) || !int.TryParse(File.ReadAllText(_paths.PidFile), NumberStyles.None, CultureInfo.InvariantCulture, out var pid))
        {
            return null;
        }
        return FileLock.TryTake(_paths.ProcessLock) is { } free ? Release(free) : pid;

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
    public Process Start()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_paths.Log)!);
        string[] arguments = ["-c", ErrorsToLog, _paths.Log, HostProgram.Find("setsid")!, .. Command()];
        var start = new ProcessStartInfo("/bin/sh", arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardInput = true,
            UseShellExecute = false,
            WorkingDirectory = "/",
        };
        var process = Process.Start(start) ?? throw new InvalidOperationException($"cannot start the process of node {node.Name}");
        process.StandardInput.Close();
        return process;
    }

    /// <summary>Starts the process as a child that writes its log to this terminal.</summary>
    public Process StartForeground()
    {
        var command = Command();
        return Process.Start(new ProcessStartInfo(command[0], [.. command[1..], "--foreground"]) { UseShellExecute = false })
            ?? throw new InvalidOperationException($"cannot start the process of node {node.Name}");
    }

    private string[] Command()
    {
        string[] which = node.Number == 1 ? [] : ["--node", node.Name];
        return [HostProgram.Find("nsenter")!, $"--net=/run/netns/{config.NetworkNamespaceOf(node)}", Environment.ProcessPath!, "daemon", .. which, "--name", cluster.Name];
    }

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
