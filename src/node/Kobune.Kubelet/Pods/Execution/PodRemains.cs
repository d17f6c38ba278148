using Kobune.Kubelet.Pods.Decision;
using Kobune.Kubelet.Resources;

namespace Kobune.Kubelet.Pods.Execution;

/// <summary>What a Pod leaves on the node besides volumes: logs, links to them, cgroups.</summary>
internal sealed class PodRemains(KubeletPaths paths, KubeletOptions options, PodCgroups cgroups)
{
    public void RemoveLog(PodView pod, string container, int restartCount, string id)
    {
        var file = Path.Combine(paths.PodLogs(pod.Namespace, pod.Name, pod.Uid), KubeletPaths.ContainerLog(container, restartCount));
        var directory = Path.GetDirectoryName(file)!;
        if (Directory.Exists(directory))
        {
            // Rotated pieces carry the name and a stamp behind it.
            foreach (var piece in Directory.EnumerateFiles(directory, Path.GetFileName(file) + "*"))
            {
                File.Delete(piece);
            }
        }

        if (paths.LogLink(pod.Name, pod.Namespace, container, id) is { } link)
        {
            File.Delete(link);
        }
    }

    public async Task RemoveAsync(PodView pod, bool withLogs, CancellationToken cancellation)
    {
        await cgroups.RemoveAsync(pod.Pod, cancellation);
        if (!withLogs)
        {
            return;
        }

        var logs = paths.PodLogs(pod.Namespace, pod.Name, pod.Uid);
        if (Directory.Exists(logs))
        {
            Directory.Delete(logs, recursive: true);
        }

        if (options.ContainerLogLinkDirectory is { } links && Directory.Exists(links))
        {
            foreach (var link in Directory.EnumerateFiles(links, $"{pod.Name}_{pod.Namespace}_*.log"))
            {
                if (new FileInfo(link).LinkTarget?.StartsWith(logs + "/", StringComparison.Ordinal) == true)
                {
                    File.Delete(link);
                }
            }
        }
    }
}
