using System.Collections.Concurrent;
using Kobune.Cri.Grpc;
using Kobune.Cri.Registration;
using Microsoft.Extensions.Logging;

namespace Kobune.Kubelet.Volumes.Csi;

/// <summary>
/// The CSI drivers of this node. A driver announces itself by a socket in <c>plugins_registry</c>: it is asked who it is,
/// entered in the CSINode object, and told so. A socket that goes takes its driver along.
/// </summary>
internal sealed partial class CsiDrivers(KubeletOptions options, CsiNodeObject node, ILogger<CsiDrivers> logger) : IDisposable
{
    private const string Service = "/pluginregistration.Registration/";
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Rescan = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<string, CsiDriverClient> _byName = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (string Driver, DateTime Made)> _bySocket = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _changed = new(0, 1);

    private string Registry => Path.Combine(options.RootDirectory, "plugins_registry");

    public bool Any => !_byName.IsEmpty;

    public CsiDriverClient? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>Follows the registry directory until cancelled.</summary>
    /// <param name="nodeRegistered">Done when the Node exists, which the CSINode belongs to.</param>
    /// <param name="stopping">Ends it.</param>
    public async Task RunAsync(Task nodeRegistered, CancellationToken stopping)
    {
        await nodeRegistered.WaitAsync(stopping);
        Directory.CreateDirectory(Registry);
        Directory.CreateDirectory(Path.Combine(options.RootDirectory, "plugins"));
        using var watcher = new FileSystemWatcher(Registry) { IncludeSubdirectories = true };
        watcher.Created += (_, _) => Wake();
        watcher.Deleted += (_, _) => Wake();
        watcher.EnableRaisingEvents = true;
        while (!stopping.IsCancellationRequested)
        {
            var retry = await ScanAsync(stopping);
            // Without sockets there is nothing that a scan could find out and a notification could not.
            await WaitAsync(retry ? TimeSpan.FromSeconds(1) : _bySocket.Count > 0 ? Rescan : Timeout.InfiniteTimeSpan, stopping);
        }
    }

    public void Dispose()
    {
        foreach (var driver in _byName.Values)
        {
            driver.Dispose();
        }

        _changed.Dispose();
    }

    private void Wake()
    {
        try
        {
            _changed.Release();
        }
        catch (Exception e) when (e is SemaphoreFullException or ObjectDisposedException)
        {
            // a scan is due already, or nobody scans any more
        }
    }

    private async Task WaitAsync(TimeSpan limit, CancellationToken stopping)
    {
        using var timer = new CancellationTokenSource(limit, options.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, stopping);
        try
        {
            await _changed.WaitAsync(either.Token);
        }
        catch (OperationCanceledException) when (!stopping.IsCancellationRequested)
        {
            // time for a scan
        }
    }

    private async Task<bool> ScanAsync(CancellationToken stopping)
    {
        var found = Directory.EnumerateFiles(Registry, "*", SearchOption.AllDirectories).Where(f => !Path.GetFileName(f).StartsWith('.'))
            .Where(f => Native.FileStat.Of(f).Kind == Native.FileKind.Socket).ToDictionary(f => f, f => File.GetCreationTimeUtc(f), StringComparer.Ordinal);
        foreach (var (socket, known) in _bySocket.ToArray())
        {
            if (!found.TryGetValue(socket, out var made) || made != known.Made)
            {
                _bySocket.Remove(socket);
                await ForgetAsync(known.Driver, stopping);
            }
        }

        var retry = false;
        foreach (var (socket, made) in found.Where(f => !_bySocket.ContainsKey(f.Key)))
        {
            try
            {
                if (await RegisterAsync(socket, stopping) is { } driver)
                {
                    _bySocket[socket] = (driver, made);
                }
            }
            catch (Exception e) when (e is RpcException or Api.KubeStatusException)
            {
                // Its socket exists a moment before it listens.
                LogRegistrationFailed(logger, socket, e.Message);
                retry = true;
            }
        }

        return retry;
    }

    /// <returns>The driver's name; null when the plug-in is of another kind.</returns>
    private async Task<string?> RegisterAsync(string socket, CancellationToken stopping)
    {
        using var channel = GrpcChannel.ForUnixSocket(socket, options.Time);
        var info = await channel.UnaryAsync(Service + "GetInfo", new InfoRequest(), PluginInfo.Parser, Limit, stopping);
        if (info.Type != "CSIPlugin")
        {
            return null;
        }

        var status = new RegistrationStatus { PluginRegistered = true };
        var driver = new CsiDriverClient(info.Name, info.Endpoint.Length > 0 ? info.Endpoint : socket, options.Time);
        try
        {
            if (!info.SupportedVersions.Any(v => v.TrimStart('v').StartsWith("1.", StringComparison.Ordinal)))
            {
                throw new RpcException(StatusCode.FailedPrecondition, $"none of the versions {string.Join(", ", info.SupportedVersions)} is supported; this is CSI 1");
            }

            await node.AddAsync(info.Name, await driver.InfoAsync(stopping), stopping);
        }
        catch (RpcException e)
        {
            driver.Dispose();
            status = new RegistrationStatus { Error = $"RegisterPlugin error -- plugin registration failed with err: {e.Message}" };
        }

        if (status.PluginRegistered)
        {
            _byName.TryRemove(info.Name, out var before);
            before?.Dispose();
            _byName[info.Name] = driver;
            LogRegistered(logger, info.Name, info.Endpoint);
        }

        await channel.UnaryAsync(Service + "NotifyRegistrationStatus", status, RegistrationStatusResponse.Parser, Limit, stopping);
        return info.Name;
    }

    private async Task ForgetAsync(string driver, CancellationToken stopping)
    {
        if (_byName.TryRemove(driver, out var client))
        {
            client.Dispose();
            LogGone(logger, driver);
            try
            {
                await node.RemoveAsync(driver, stopping);
            }
            catch (Api.KubeStatusException e)
            {
                LogRegistrationFailed(logger, driver, e.Message);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "CSI driver {Driver} registered, at {Endpoint}")]
    private static partial void LogRegistered(ILogger logger, string driver, string endpoint);

    [LoggerMessage(Level = LogLevel.Information, Message = "CSI driver {Driver} is gone")]
    private static partial void LogGone(ILogger logger, string driver);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Plug-in {Socket} is not registered: {Reason}")]
    private static partial void LogRegistrationFailed(ILogger logger, string socket, string reason);
}
