using Kobune.Cri;
using Kobune.Cri.Grpc;
using Kobune.Kubelet.Native;
using Microsoft.Extensions.Logging;
using V1 = Kobune.Cri.V1;

namespace Kobune.Kubelet.Eviction;

/// <summary>
/// Removes images that no container uses when the disk fills: above the high mark, the least recently used first, until it is
/// below the low mark. The sandbox image is never removed: without it no Pod could start.
/// </summary>
internal sealed partial class ImageCollector(ICriRuntime runtime, ICriImages images, KubeletOptions options, ILogger<ImageCollector> logger)
{
    private static readonly TimeSpan Period = TimeSpan.FromMinutes(5);
    private readonly Dictionary<string, (DateTimeOffset Detected, DateTimeOffset LastUsed)> _records = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _turn = new(1, 1);

    public async Task RunAsync(CancellationToken stopping)
    {
        using var timer = new PeriodicTimer(Period, options.Time);
        while (await timer.WaitForNextTickAsync(stopping))
        {
            try
            {
                await CollectAsync(everything: false, stopping);
            }
            catch (RpcException e)
            {
                LogFailed(logger, e.Message);
            }
        }
    }

    /// <summary>Removes unused images.</summary>
    /// <param name="everything">All of them, whatever the marks say.</param>
    /// <param name="cancellation">Ends it between two images.</param>
    /// <returns>Bytes freed.</returns>
    public async Task<long> CollectAsync(bool everything, CancellationToken cancellation)
    {
        await _turn.WaitAsync(cancellation);
        try
        {
            var unused = await UnusedAsync(cancellation);
            var disk = FileSystemSpace.Of(options.RootDirectory);
            var used = disk.TotalBytes - disk.AvailableBytes;
            var toFree = everything ? long.MaxValue : used < disk.TotalBytes * options.Eviction.ImageGcHigh ? 0 : used - (long)(disk.TotalBytes * options.Eviction.ImageGcLow);
            return await RemoveAsync(unused, toFree, everything, cancellation);
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task<long> RemoveAsync(IEnumerable<V1.Image> unused, long toFree, bool everything, CancellationToken cancellation)
    {
        var freed = 0L;
        var now = options.Time.GetUtcNow();
        foreach (var image in unused.OrderBy(i => _records[i.Id].LastUsed).ThenBy(i => _records[i.Id].Detected))
        {
            if (freed >= toFree)
            {
                break;
            }

            if (everything || now - _records[image.Id].Detected >= options.Eviction.ImageMinimumAge)
            {
                await images.RemoveImageAsync(new V1.ImageSpec { Image = image.Id }, cancellation);
                freed += (long)image.Size;
                LogRemoved(logger, image.RepoTags.FirstOrDefault() ?? image.Id, (long)image.Size);
            }
        }

        return freed;
    }

    /// <summary>Brings the records up to date, and gives what nobody uses.</summary>
    private async Task<IReadOnlyList<V1.Image>> UnusedAsync(CancellationToken cancellation)
    {
        var now = options.Time.GetUtcNow();
        var all = await images.ListImagesAsync(null, cancellation);
        var inUse = (await runtime.ListContainersAsync(null, cancellation)).SelectMany(c => new[] { c.ImageRef, c.Image?.Image ?? "" }).ToHashSet(StringComparer.Ordinal);
        var unused = new List<V1.Image>();
        foreach (var image in all)
        {
            var used = inUse.Contains(image.Id) || image.RepoDigests.Any(inUse.Contains) || image.RepoTags.Any(inUse.Contains);
            var record = _records.GetValueOrDefault(image.Id, (now, default));
            _records[image.Id] = used ? (record.Item1, now) : record;
            if (!used && !image.Pinned && !image.RepoTags.Any(t => t.Contains("/pause:", StringComparison.Ordinal)))
            {
                unused.Add(image);
            }
        }

        foreach (var gone in _records.Keys.Except(all.Select(i => i.Id)).ToArray())
        {
            _records.Remove(gone);
        }

        return unused;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Image {Image} was not used and is removed ({Size} bytes)")]
    private static partial void LogRemoved(ILogger logger, string image, long size);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Unused images could not be removed: {Reason}")]
    private static partial void LogFailed(ILogger logger, string reason);
}
