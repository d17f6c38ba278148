using Kobune.Kubelet.Volumes;

namespace Kobune.Kubelet.Pods;

/// <summary>Removes the directories of Pods that neither the API nor the runtime knows, as a crash may leave them.</summary>
internal sealed class OrphanSweeper(KubeletPaths paths, VolumeManager volumes)
{
    public async Task SweepAsync(IReadOnlySet<string> known, CancellationToken cancellation)
    {
        if (Directory.Exists(paths.Pods))
        {
            foreach (var directory in Directory.GetDirectories(paths.Pods).Where(d => !known.Contains(Path.GetFileName(d))))
            {
                cancellation.ThrowIfCancellationRequested();
                await volumes.TearDownAsync(Path.GetFileName(directory), cancellation);
            }
        }
    }
}
