using System.Globalization;
using Kobune.Cri;
using Kobune.Cri.Grpc;
using Kobune.Kubelet.Pods;
using Kobune.Kubelet.Pods.Decision;
using Microsoft.Extensions.Logging;

namespace Kobune.Kubelet.Logs;

/// <summary>Keeps the log of a running container from growing without bound: past the limit it is put aside and reopened.</summary>
internal sealed partial class LogRotator(ICriRuntime runtime, PodManager pods, KubeletOptions options, ILogger<LogRotator> logger)
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(10);

    public async Task RunAsync(CancellationToken stopping)
    {
        using var timer = new PeriodicTimer(Period, options.Time);
        try
        {
            while (await timer.WaitForNextTickAsync(stopping))
            {
                foreach (var container in pods.Workers.SelectMany(w => w.Seen.Containers).Where(c => c.State == ContainerRunState.Running))
                {
                    await CheckAsync(container, stopping);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }
    }

    private async Task CheckAsync(ObservedContainer container, CancellationToken stopping)
    {
        try
        {
            var file = new FileInfo(container.LogPath);
            if (file.Exists && file.Length >= options.ContainerLogMaxSize)
            {
                await RotateAsync(container, stopping);
            }
        }
        catch (Exception e) when (e is IOException or RpcException or UnauthorizedAccessException)
        {
            LogFailed(logger, container.LogPath, e.Message);
        }
    }

    internal async Task RotateAsync(ObservedContainer container, CancellationToken stopping)
    {
        var path = container.LogPath;
        var stamp = options.Time.GetUtcNow().UtcDateTime.ToString("yyyyMMdd-HHmmss", CultureInfo.InvariantCulture);
        var aside = $"{path}.{stamp}";
        File.Move(path, aside, overwrite: true);
        try
        {
            await runtime.ReopenContainerLogAsync(container.Id, stopping);
        }
        catch (RpcException)
        {
            // The runtime goes on writing to the old file: put it back, so that nothing is lost.
            File.Move(aside, path, overwrite: false);
            throw;
        }

        var pieces = Directory.GetFiles(Path.GetDirectoryName(path)!, Path.GetFileName(path) + ".*").Order(StringComparer.Ordinal).ToArray();
        foreach (var old in pieces.Take(Math.Max(0, pieces.Length - (options.ContainerLogMaxFiles - 1))))
        {
            File.Delete(old);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Log {Path} could not be rotated: {Reason}")]
    private static partial void LogFailed(ILogger logger, string path, string reason);
}
