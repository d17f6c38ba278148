using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.Client;
using Kobune.Kubelet.Native;
using Kobune.Kubelet.Pods.Decision;
using Kobune.Kubelet.Volumes.Csi;

namespace Kobune.Kubelet.Volumes;

/// <summary>Makes volumes ready that Pods use through claims.</summary>
internal sealed class PersistentVolumes(ClaimResolver claims, LocalPathDirectory localPath, NfsMounts nfs, CsiVolumes csi, IKubeClient client, KubeletOptions options)
{
    /// <exception cref="VolumeException">It cannot be used here, or not yet.</exception>
    public async Task<MountedVolume> SetUpAsync(PodView pod, Volume volume, CancellationToken cancellation)
    {
        var (claim, found) = await claims.ResolveAsync(pod, volume, cancellation);
        await CheckNodeAsync(found, cancellation);
        var readOnly = volume.PersistentVolumeClaim?.ReadOnly == true || claim.Spec.AccessModes is ["ReadOnlyMany"];
        var mounted = found.Spec switch
        {
            { Csi: not null } => await csi.SetUpAsync(pod, CsiSource.Of(found, readOnly), cancellation),
            { VolumeMode: "Block" } => Device(found),
            { HostPath: { } host } => HostPathCheck.Ensure(host.Path, host.Type) is { } problem ? throw new VolumeException(found.Name, problem) : new MountedVolume(host.Path),
            { Local: { } local } => Local(pod, found, local),
            { Nfs: { } source } => await nfs.MountAsync(pod, found.Name, source, found.Spec.MountOptions, cancellation),
            _ => throw new VolumeException(found.Name, "no volume plugin matched"),
        };
        return mounted with { ReadOnly = mounted.ReadOnly || readOnly };
    }

    private async Task CheckNodeAsync(PersistentVolume volume, CancellationToken cancellation)
    {
        if (volume.Spec.NodeAffinity?.Required is { } required
            && !NodeSelectors.Matches(required, await client.GetAsync<Node>(null, options.NodeName, cancellation)))
        {
            throw new VolumeException(volume.Name, "no matching NodeSelectorTerms");
        }
    }

    private static MountedVolume Device(PersistentVolume volume)
    {
        var path = volume.Spec.Local?.Path ?? volume.Spec.HostPath?.Path ?? throw new VolumeException(volume.Name, "no volume plugin matched");
        return FileStat.Of(path).Kind == FileKind.BlockDevice
            ? new MountedVolume(path, IsDevice: true)
            : throw new VolumeException(volume.Name, $"path \"{path}\" is not a block device");
    }

    private MountedVolume Local(PodView pod, PersistentVolume volume, LocalVolumeSource source)
    {
        localPath.Ensure(volume);
        switch (FileStat.Of(source.Path).Kind)
        {
            case FileKind.Missing:
                throw new VolumeException(volume.Name, $"path \"{source.Path}\" does not exist");
            case FileKind.Directory:
                break;
            default:
                throw new VolumeException(volume.Name, $"path \"{source.Path}\" is not a directory: a block device is usable with volumeMode Block, or mounted by the administrator");
        }

        if (pod.Pod.Spec.SecurityContext is { FsGroup: { } group } context)
        {
            Ownership.Apply(source.Path, (uint)group, readOnly: false, context.FsGroupChangePolicy);
        }

        return new MountedVolume(source.Path);
    }
}
