using Kobune.Api.Core.V1;

namespace Kobune.ApiServer.Resources.Shared;

/// <summary>Defaults of a Pod's volumes, whatever object they stand in.</summary>
internal static class VolumeDefaults
{
    private const int FileMode = 0x1A4; // 0644

    public static void Apply(Volume volume)
    {
        if (!VolumeSources.Any(volume))
        {
            volume.EmptyDir = new EmptyDirVolumeSource();
        }

        volume.Secret?.DefaultMode ??= FileMode;
        volume.ConfigMap?.DefaultMode ??= FileMode;
        HostPath(volume.HostPath);
        if (volume.DownwardAPI is { } downward)
        {
            downward.DefaultMode ??= FileMode;
            downward.Items.ForEach(f => Field(f.FieldRef));
        }

        if (volume.Projected is { } projected)
        {
            Projected(projected);
        }

        if (volume.Ephemeral?.VolumeClaimTemplate is { } template)
        {
            template.Spec.VolumeMode ??= "Filesystem";
        }

        if (volume.Image is { PullPolicy: "" } image)
        {
            image.PullPolicy = ImageTag.DefaultPullPolicy(image.Reference);
        }

        Storage(volume);
    }

    internal static void Field(ObjectFieldSelector? field)
    {
        if (field is { ApiVersion: "" })
        {
            field.ApiVersion = "v1";
        }
    }

    internal static void HostPath(HostPathVolumeSource? source) => source?.Type ??= "";

    internal static void AzureDisk(AzureDiskVolumeSource? source)
    {
        if (source == null)
        {
            return;
        }

        source.CachingMode ??= "ReadWrite";
        source.Kind ??= "Shared";
        source.FsType ??= "ext4";
        source.ReadOnly ??= false;
    }

    private static void Projected(ProjectedVolumeSource projected)
    {
        projected.DefaultMode ??= FileMode;
        foreach (var source in projected.Sources)
        {
            source.ServiceAccountToken?.ExpirationSeconds ??= 3600;
            source.DownwardAPI?.Items.ForEach(f => Field(f.FieldRef));
        }
    }

    private static void Storage(Volume volume)
    {
        if (volume.Iscsi is { IscsiInterface: "" } iscsi)
        {
            iscsi.IscsiInterface = "default";
        }

        if (volume.Rbd is { } rbd)
        {
            rbd.Pool = rbd.Pool.Length == 0 ? "rbd" : rbd.Pool;
            rbd.User = rbd.User.Length == 0 ? "admin" : rbd.User;
            rbd.Keyring = rbd.Keyring.Length == 0 ? "/etc/ceph/keyring" : rbd.Keyring;
        }

        if (volume.ScaleIO is { } scaleIO)
        {
            scaleIO.StorageMode = scaleIO.StorageMode.Length == 0 ? "ThinProvisioned" : scaleIO.StorageMode;
            scaleIO.FsType = scaleIO.FsType.Length == 0 ? "xfs" : scaleIO.FsType;
        }

        AzureDisk(volume.AzureDisk);
    }
}
