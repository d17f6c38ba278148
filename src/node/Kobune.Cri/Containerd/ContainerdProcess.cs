using System.Diagnostics;
using Kobune.Cri.Grpc;
using Kobune.Cri.V1;
using Microsoft.Extensions.Logging;

namespace Kobune.Cri.Containerd;

/// <summary>Whether a daemon was started, or one was found that we had started before.</summary>
public enum ContainerdStart
{
    Started,
    Adopted,
}

/// <summary>
/// A private containerd. It is detached: it and its containers survive the death of this process, and the next
/// <see cref="StartAsync"/> with the same options adopts it. Disposing closes connections only; <see cref="StopAsync"/>
/// ends the daemon and leaves containers running; <see cref="DestroyAsync"/> leaves nothing.
/// </summary>
public sealed class ContainerdProcess : IDisposable
{
    private static readonly TimeSpan ReadinessPoll = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan ExitPoll = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan StopGrace = TimeSpan.FromSeconds(10);

    private readonly TimeProvider _time;
    private readonly ILogger _logger;

    public ContainerdProcess(ContainerdOptions options, TimeProvider time, ILogger<ContainerdProcess> logger)
    {
        Options = options;
        _time = time;
        _logger = logger;
        Channel = GrpcChannel.ForUnixSocket(options.Socket, time);
        Cri = new CriClient(Channel);
        Importer = new ImageImporter(options, Cri, time);
    }

    public ContainerdOptions Options { get; }

    /// <summary>The connection, for containerd's own services beside CRI.</summary>
    public GrpcChannel Channel { get; }

    public CriClient Cri { get; }

    public ImageImporter Importer { get; }

    /// <summary>The daemon's pid; zero before the start.</summary>
    public int Pid { get; private set; }

    public bool IsRunning => Pid != 0 && ProcFs.IsAlive(Pid);

    /// <summary>Returns when CRI answers that the runtime is ready (the network may not be: that depends on CNI configuration).</summary>
    /// <exception cref="ContainerdException">It exited or did not answer within <see cref="ContainerdOptions.StartTimeout"/>.</exception>
    public async Task<ContainerdStart> StartAsync(CancellationToken cancellation)
    {
        long began = _time.GetTimestamp();
        ContainerdVersion version = await ContainerdVersionCache.GetAsync(Options, cancellation).ConfigureAwait(false);
        string config = $"# {ContainerdCommand.Describe(Options)}\n" + ContainerdConfig.Render(Options, version, LinuxCapabilities.MayLowerOomScore());

        if (FindDaemon() is { } running)
        {
            Pid = running;
            if (File.Exists(Options.ConfigFile) && await File.ReadAllTextAsync(Options.ConfigFile, cancellation).ConfigureAwait(false) == config)
            {
                await WaitUntilReadyAsync(cancellation).ConfigureAwait(false);
                _logger.Adopted(Pid);
                return ContainerdStart.Adopted;
            }
            _logger.Restarting(running);
            await StopAsync(cancellation).ConfigureAwait(false);
        }

        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(Options.LogFile))!);
        await LaunchAsync(config, cancellation).ConfigureAwait(false);
        await WaitUntilReadyAsync(cancellation).ConfigureAwait(false);
        _logger.Started(version, Pid, _time.GetElapsedTime(began).TotalMilliseconds);
        return ContainerdStart.Started;
    }

    /// <summary>Completes when the daemon is gone, for supervision: calling <see cref="StartAsync"/> again is safe.</summary>
    public async Task WaitForExitAsync(CancellationToken cancellation)
    {
        // An adopted daemon is nobody's child here, so there is nothing to wait on but /proc.
        while (IsRunning)
            await Task.Delay(TimeSpan.FromSeconds(1), _time, cancellation).ConfigureAwait(false);
    }

    /// <summary>Ends the daemon, by force after ten seconds. Shims and containers go on.</summary>
    public async Task StopAsync(CancellationToken cancellation)
    {
        int pid = FindDaemon() ?? 0;
        if (pid == 0)
            return;
        ProcFs.Kill(pid, ProcFs.SigTerm);
        if (!await WaitForDeathAsync(pid, StopGrace, cancellation).ConfigureAwait(false))
        {
            _logger.Killed(pid);
            ProcFs.Kill(pid, ProcFs.SigKill);
            await WaitForDeathAsync(pid, StopGrace, cancellation).ConfigureAwait(false);
        }
        Pid = 0;
    }

    /// <summary>
    /// Removes every sandbox and container, ends the daemon, and deletes its mounts, directories and sockets —
    /// <see cref="ContainerdOptions.Root"/> excepted when the images are to be kept.
    /// </summary>
    public async Task DestroyAsync(CancellationToken cancellation, bool keepImages = false)
    {
        if (await TryStartForCleanUpAsync(cancellation).ConfigureAwait(false))
            await RemoveSandboxesAsync(cancellation).ConfigureAwait(false);
        await StopAsync(cancellation).ConfigureAwait(false);
        await ContainerdRemains.RemoveAsync(Options, keepImages, _time, _logger, cancellation).ConfigureAwait(false);
    }

    public void Dispose() => Channel.Dispose();

    private async Task LaunchAsync(string config, CancellationToken cancellation)
    {
        Directory.CreateDirectory(Options.Root, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Directory.CreateDirectory(Options.State);
        Directory.CreateDirectory(Path.GetDirectoryName(Options.ConfigFile)!);
        Directory.CreateDirectory(Path.GetDirectoryName(Options.Socket)!);
        await File.WriteAllTextAsync(Options.ConfigFile, config, cancellation).ConfigureAwait(false);
        using Process process = Process.Start(ContainerdCommand.Build(Options))!;
        // The shell, nsenter and setsid each replace themselves with the next: the pid stays.
        Pid = process.Id;
    }

    private int? FindDaemon() => ProcFs.FindByArguments("--config", Options.ConfigFile) is [var pid, ..] ? pid : null;

    private async Task WaitUntilReadyAsync(CancellationToken cancellation)
    {
        long began = _time.GetTimestamp();
        string last = "no answer";
        while (_time.GetElapsedTime(began) < Options.StartTimeout)
        {
            if (!ProcFs.IsAlive(Pid))
                throw new ContainerdException($"containerd exited at once; its log {Options.LogFile} ends with:\n{LogTail()}");
            try
            {
                StatusResponse status = await Cri.StatusAsync(verbose: false, cancellation).ConfigureAwait(false);
                if (status.Status.Conditions.Any(c => c is { Type: "RuntimeReady", Status: true }))
                    return;
                last = status.Status.ToString();
            }
            catch (RpcException e)
            {
                last = e.Message;
            }
            await Task.Delay(ReadinessPoll, _time, cancellation).ConfigureAwait(false);
        }
        throw new ContainerdException($"containerd is not ready after {Options.StartTimeout}: {last}; its log ends with:\n{LogTail()}");
    }

    private string LogTail() =>
        File.Exists(Options.LogFile) ? string.Join('\n', File.ReadLines(Options.LogFile).TakeLast(5)) : "(no log)";

    private async Task<bool> WaitForDeathAsync(int pid, TimeSpan limit, CancellationToken cancellation)
    {
        long began = _time.GetTimestamp();
        while (ProcFs.IsAlive(pid))
        {
            if (_time.GetElapsedTime(began) > limit)
                return false;
            await Task.Delay(ExitPoll, _time, cancellation).ConfigureAwait(false);
        }
        return true;
    }

    // Networks are only given back by a runtime that runs, so a dead one is started once more to clean up.
    private async Task<bool> TryStartForCleanUpAsync(CancellationToken cancellation)
    {
        if (!Directory.Exists(Options.Root))
            return false;
        try
        {
            await StartAsync(cancellation).ConfigureAwait(false);
            return true;
        }
        catch (ContainerdException)
        {
            return false;
        }
    }

    private async Task RemoveSandboxesAsync(CancellationToken cancellation)
    {
        IReadOnlyList<PodSandbox> sandboxes = await Cri.ListPodSandboxAsync(null, cancellation).ConfigureAwait(false);
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = cancellation };
        await Parallel.ForEachAsync(sandboxes, parallel, async (sandbox, token) =>
        {
            try
            {
                await Cri.StopPodSandboxAsync(sandbox.Id, token).ConfigureAwait(false);
                await Cri.RemovePodSandboxAsync(sandbox.Id, token).ConfigureAwait(false);
            }
            catch (RpcException e)
            {
                _logger.SandboxStays(sandbox.Id, e.Message);
            }
        }).ConfigureAwait(false);
    }
}
