using Kobune.Api;
using Kobune.Api.Core.V1;

namespace Kobune.ApiServer.Resources.Shared;

/// <summary>The sources that a volume has: exactly one is right.</summary>
internal static class VolumeSources
{
    /// <summary>Those that are set, with their field names, in the order in which the reference looks at them.</summary>
    public static IEnumerable<(string Name, ApiStruct Source)> Of(Volume v) =>
        All(v).Where(s => s.Source != null).Select(s => (s.Name, s.Source!));

    public static bool Any(Volume v) => v.ConfigMap != null || v.Secret != null || v.EmptyDir != null || v.Projected != null || All(v).Any(s => s.Source != null);

    private static (string Name, ApiStruct? Source)[] All(Volume v) =>
    [
        ("emptyDir", v.EmptyDir), ("hostPath", v.HostPath), ("gitRepo", v.GitRepo), ("gcePersistentDisk", v.GcePersistentDisk),
        ("awsElasticBlockStore", v.AwsElasticBlockStore), ("secret", v.Secret), ("nfs", v.Nfs), ("iscsi", v.Iscsi), ("glusterfs", v.Glusterfs),
        ("flocker", v.Flocker), ("persistentVolumeClaim", v.PersistentVolumeClaim), ("rbd", v.Rbd), ("cinder", v.Cinder), ("cephFS", v.Cephfs),
        ("quobyte", v.Quobyte), ("downwardAPI", v.DownwardAPI), ("fc", v.Fc), ("flexVolume", v.FlexVolume), ("configMap", v.ConfigMap),
        ("azureFile", v.AzureFile), ("vsphereVolume", v.VsphereVolume), ("photonPersistentDisk", v.PhotonPersistentDisk),
        ("portworxVolume", v.PortworxVolume), ("azureDisk", v.AzureDisk), ("storageos", v.Storageos), ("projected", v.Projected),
        ("scaleIO", v.ScaleIO), ("csi", v.Csi), ("ephemeral", v.Ephemeral), ("image", v.Image),
    ];
}
