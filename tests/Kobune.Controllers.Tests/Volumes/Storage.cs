using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.Api.Storage.V1;

namespace Kobune.Controllers.Tests.Volumes;

/// <summary>Objects of storage, as small as they can be.</summary>
internal static class Storage
{
    public static PersistentVolumeClaim Claim(string name, string? storageClass = null, string size = "1Gi", string mode = "ReadWriteOnce")
    {
        var claim = new PersistentVolumeClaim();
        claim.Metadata.Name = name;
        claim.Metadata.Namespace = "default";
        claim.Spec.AccessModes.Add(mode);
        claim.Spec.StorageClassName = storageClass;
        claim.Spec.Resources.Requests["storage"] = size;
        return claim;
    }

    public static PersistentVolume Volume(string name, string storageClass = "", string size = "1Gi", string policy = "Retain")
    {
        var volume = new PersistentVolume();
        volume.Metadata.Name = name;
        volume.Spec.AccessModes.Add("ReadWriteOnce");
        volume.Spec.StorageClassName = storageClass;
        volume.Spec.PersistentVolumeReclaimPolicy = policy;
        volume.Spec.Capacity["storage"] = size;
        volume.Spec.HostPath = new HostPathVolumeSource { Path = "/data/" + name };
        return volume;
    }

    public static StorageClass LocalPath(string name = "standard", bool isDefault = true)
    {
        var storage = new StorageClass { Provisioner = "kobune.dev/local-path", VolumeBindingMode = "WaitForFirstConsumer", ReclaimPolicy = "Delete", AllowVolumeExpansion = true };
        storage.Metadata.Name = name;
        if (isDefault)
        {
            storage.Metadata.Annotations[KubeConstants.DefaultStorageClassAnnotation] = "true";
        }

        return storage;
    }

    public static Node Node(string name)
    {
        var node = new Node();
        node.Metadata.Name = name;
        node.Metadata.Labels[KubeConstants.HostnameLabel] = name;
        node.Metadata.Annotations["kobune.dev/local-path"] = "/var/lib/volumes";
        return node;
    }

    public static Pod PodWith(string name, string claim, string node = "")
    {
        var pod = new Pod();
        pod.Metadata.Name = name;
        pod.Metadata.Namespace = "default";
        pod.Spec.NodeName = node;
        pod.Spec.Containers.Add(new Container { Name = "main", Image = "app:1", VolumeMounts = { new VolumeMount { Name = "data", MountPath = "/data" } } });
        pod.Spec.Volumes.Add(new Volume { Name = "data", PersistentVolumeClaim = new PersistentVolumeClaimVolumeSource { ClaimName = claim } });
        return pod;
    }
}
