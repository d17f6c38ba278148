using System.Diagnostics;
using Kobune.Api.Core.V1;
using Kobune.Kubelet.Native;
using Kobune.Kubelet.Pods.Decision;

namespace Kobune.Kubelet.Volumes;

/// <summary>Mounts exported directories of NFS servers with the host's own mount program, which needs its NFS helper.</summary>
internal sealed class NfsMounts(KubeletPaths paths)
{
    /// <summary>Mounts below the Pod's directory, where tearing the Pod down finds it.</summary>
    public async Task<MountedVolume> MountAsync(PodView pod, string name, NFSVolumeSource source, IReadOnlyList<string> mountOptions, CancellationToken cancellation)
    {
        var target = paths.Volume(pod.Uid, "nfs", name);
        Directory.CreateDirectory(target);
        if (!Mounts.IsMountPoint(target))
        {
            var options = source.ReadOnly ? [.. mountOptions, "ro"] : mountOptions;
            var start = new ProcessStartInfo("mount") { RedirectStandardError = true, RedirectStandardOutput = true };
            foreach (var argument in (string[])["-t", "nfs", .. options.Count > 0 ? new[] { "-o", string.Join(',', options) } : [], $"{source.Server}:{source.Path}", target])
            {
                start.ArgumentList.Add(argument);
            }

            using var process = Process.Start(start) ?? throw new VolumeException(name, "mount failed: cannot start mount");
            var said = await process.StandardError.ReadToEndAsync(cancellation);
            await process.WaitForExitAsync(cancellation);
            if (process.ExitCode != 0)
            {
                Directory.Delete(target);
                throw new VolumeException(name, $"mount failed: exit status {process.ExitCode}\nMounting command: mount\nMounting arguments: {string.Join(' ', start.ArgumentList)}\nOutput: {said.Trim()}");
            }
        }

        return new MountedVolume(target, ReadOnly: source.ReadOnly);
    }
}
