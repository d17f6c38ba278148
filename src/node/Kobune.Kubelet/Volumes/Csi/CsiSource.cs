using System.Security.Cryptography;
using System.Text;
using Kobune.Api.Core.V1;
using Kobune.Kubelet.Pods.Decision;

namespace Kobune.Kubelet.Volumes.Csi;

/// <summary>A volume of a CSI driver as a Pod uses it: through a claim, or stated inline and made with the Pod.</summary>
internal sealed record CsiSource(
    string Driver, string Handle, string Name, string FsType, bool ReadOnly, bool IsInline, bool IsBlock,
    IReadOnlyDictionary<string, string> Attributes, IReadOnlyList<string> MountOptions, IReadOnlyList<string> AccessModes,
    (string Namespace, string Name)? StageSecret, (string Namespace, string Name)? PublishSecret)
{
    public static CsiSource Of(PersistentVolume volume, bool readOnly)
    {
        var csi = volume.Spec.Csi!;
        return new CsiSource(
            csi.Driver, csi.VolumeHandle, volume.Name, csi.FsType, readOnly || csi.ReadOnly, false, volume.Spec.VolumeMode == "Block",
            csi.VolumeAttributes, volume.Spec.MountOptions, volume.Spec.AccessModes, Named(csi.NodeStageSecretRef), Named(csi.NodePublishSecretRef));
    }

    public static CsiSource Inline(PodView pod, string name, CSIVolumeSource csi) => new(
        csi.Driver, "csi-" + Hash(pod.Uid + name), name, csi.FsType ?? "", csi.ReadOnly ?? false, true, false, csi.VolumeAttributes, [], ["ReadWriteOnce"],
        null, csi.NodePublishSecretRef is { } secret ? (pod.Namespace, secret.Name) : null);

    /// <summary>The VolumeAttachment by which the volume is attached to a node.</summary>
    public string AttachmentTo(string node) => "csi-" + Hash(Handle + Driver + node);

    public static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private static (string, string)? Named(SecretReference? reference) => reference is null ? null : (reference.Namespace, reference.Name);
}
