using Kobune.Api.Core.V1;
using Kobune.Cri;
using Kobune.Cri.Grpc;
using Kobune.Kubelet.Pods;
using V1 = Kobune.Cri.V1;

namespace Kobune.Kubelet.Eviction;

/// <summary>Local storage that one Pod uses, in bytes: writable layers and logs by container, emptyDir volumes on disk by name.</summary>
internal sealed record LocalStorage(IReadOnlyDictionary<string, long> Containers, IReadOnlyDictionary<string, long> Volumes)
{
    public long Total => Containers.Values.Sum() + Volumes.Values.Sum();
}

/// <summary>Measures what Pods use. Directories are only walked for Pods that have a limit on them: an idle node measures nothing.</summary>
internal sealed class PodUsage(ICriStats stats, KubeletPaths paths)
{
    public static bool HasStorageLimit(Pod pod) =>
        pod.Spec.Containers.Exists(c => c.Resources.Limits.ContainsKey("ephemeral-storage"))
        || pod.Spec.Volumes.Exists(v => v.EmptyDir is { SizeLimit: not null, Medium: "" });

    public async Task<LocalStorage> StorageAsync(PodWorker worker, CancellationToken cancellation)
    {
        var pod = worker.Pod;
        var containers = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var container in worker.Seen.Containers.Where(c => c.Alive))
        {
            var logs = Path.Combine(paths.PodLogs(pod.Namespace, pod.Name, pod.Uid), container.Name);
            containers[container.Name] = Size(logs) + await WritableLayerAsync(container.Id, cancellation);
        }

        var volumes = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var volume in pod.Pod.Spec.Volumes.Where(v => v.EmptyDir is { Medium: "" }))
        {
            volumes[volume.Name] = Size(paths.Volume(pod.Uid, "empty-dir", volume.Name));
        }

        return new LocalStorage(containers, volumes);
    }

    /// <summary>Working sets of the containers that run, in bytes, by container id.</summary>
    public async Task<IReadOnlyDictionary<string, long>> MemoryAsync(CancellationToken cancellation) =>
        (await stats.ListContainerStatsAsync(null, cancellation)).ToDictionary(s => s.Attributes.Id, s => (long)(s.Memory?.WorkingSetBytes?.Value ?? 0), StringComparer.Ordinal);

    private async Task<long> WritableLayerAsync(string id, CancellationToken cancellation)
    {
        try
        {
            V1.ContainerStats answer = await stats.ContainerStatsAsync(id, cancellation);
            return (long)(answer.WritableLayer?.UsedBytes?.Value ?? 0);
        }
        catch (RpcException)
        {
            // It ended while we looked.
            return 0;
        }
    }

    /// <summary>Bytes on disk below a directory. Links are not followed: a Pod could point them at anything.</summary>
    internal static long Size(string directory)
    {
        var all = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint, IgnoreInaccessible = true };
        try
        {
            return Directory.Exists(directory) ? new DirectoryInfo(directory).EnumerateFiles("*", all).Sum(LengthOf) : 0;
        }
        catch (IOException)
        {
            return 0;
        }
    }

    private static long LengthOf(FileInfo file)
    {
        try
        {
            return file.Length;
        }
        catch (IOException)
        {
            return 0;
        }
    }
}
