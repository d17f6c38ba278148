using Kobune.Api.Core.V1;

namespace Kobune.ApiServer.Authorization;

/// <summary>The objects of its namespace that a Pod names, and that its node therefore may read.</summary>
internal static class PodReferences
{
    public static IEnumerable<string> Secrets(Pod pod) =>
        pod.Spec.ImagePullSecrets.Select(s => s.Name)
            .Concat(Environments(pod).Select(e => e.SecretRef?.Name).OfType<string>())
            .Concat(Variables(pod).Select(v => v.ValueFrom?.SecretKeyRef?.Name).OfType<string>())
            .Concat(pod.Spec.Volumes.SelectMany(VolumeSecrets));

    public static IEnumerable<string> ConfigMaps(Pod pod) =>
        Environments(pod).Select(e => e.ConfigMapRef?.Name).OfType<string>()
            .Concat(Variables(pod).Select(v => v.ValueFrom?.ConfigMapKeyRef?.Name).OfType<string>())
            .Concat(pod.Spec.Volumes.Select(v => v.ConfigMap?.Name).OfType<string>())
            .Concat(pod.Spec.Volumes.SelectMany(v => v.Projected?.Sources ?? []).Select(s => s.ConfigMap?.Name).OfType<string>());

    public static IEnumerable<string> Claims(Pod pod) =>
        pod.Spec.Volumes.Select(v => v.PersistentVolumeClaim?.ClaimName ?? (v.Ephemeral is null ? null : $"{pod.Name}-{v.Name}")).OfType<string>();

    private static IEnumerable<string> VolumeSecrets(Volume volume)
    {
        string?[] names =
        [
            volume.Secret?.SecretName, volume.AzureFile?.SecretName, volume.Cephfs?.SecretRef?.Name, volume.Cinder?.SecretRef?.Name,
            volume.FlexVolume?.SecretRef?.Name, volume.Rbd?.SecretRef?.Name, volume.ScaleIO?.SecretRef?.Name, volume.Iscsi?.SecretRef?.Name,
            volume.Storageos?.SecretRef?.Name, volume.Csi?.NodePublishSecretRef?.Name,
        ];
        return names.Concat(volume.Projected?.Sources.Select(s => s.Secret?.Name) ?? []).OfType<string>();
    }

    private static IEnumerable<EnvFromSource> Environments(Pod pod) =>
        Containers(pod).SelectMany(c => c.EnvFrom).Concat(pod.Spec.EphemeralContainers.SelectMany(c => c.EnvFrom));

    private static IEnumerable<EnvVar> Variables(Pod pod) =>
        Containers(pod).SelectMany(c => c.Env).Concat(pod.Spec.EphemeralContainers.SelectMany(c => c.Env));

    private static IEnumerable<Container> Containers(Pod pod) => pod.Spec.InitContainers.Concat(pod.Spec.Containers);
}
