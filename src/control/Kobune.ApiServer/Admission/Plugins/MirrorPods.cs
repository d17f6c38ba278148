using Kobune.Api.Core.V1;

namespace Kobune.ApiServer.Admission.Plugins;

/// <summary>The images of static Pods that kubelets put into the API: they may refer to nothing of the cluster.</summary>
internal static class MirrorPods
{
    public const string Annotation = "kubernetes.io/config.mirror";

    public static bool IsMirror(Pod pod) => pod.Metadata.Annotations.ContainsKey(Annotation);

    /// <summary>What a mirror Pod refers to and may not, as a sentence, or null.</summary>
    public static string? Problem(Pod pod)
    {
        if (pod.Spec.ServiceAccountName.Length > 0)
        {
            return "a mirror pod may not reference service accounts";
        }

        if (ReferencesSecrets(pod.Spec))
        {
            return "a mirror pod may not reference secrets";
        }

        return pod.Spec.Volumes.Any(v => v.Projected?.Sources.Any(s => s.ServiceAccountToken is not null) == true)
            ? "a mirror pod may not use ServiceAccountToken volume projections" : null;
    }

    public static bool ReferencesSecrets(PodSpec spec) =>
        spec.ImagePullSecrets.Count > 0
        || spec.Volumes.Any(v => v.Secret is not null || v.Projected?.Sources.Any(s => s.Secret is not null) == true)
        || spec.InitContainers.Concat(spec.Containers).Any(c => c.Env.Any(e => e.ValueFrom?.SecretKeyRef is not null) || c.EnvFrom.Any(e => e.SecretRef is not null));

    public static bool ReferencesConfigMaps(PodSpec spec) =>
        spec.Volumes.Any(v => v.ConfigMap is not null || v.Projected?.Sources.Any(s => s.ConfigMap is not null) == true)
        || spec.InitContainers.Concat(spec.Containers).Any(c => c.Env.Any(e => e.ValueFrom?.ConfigMapKeyRef is not null) || c.EnvFrom.Any(e => e.ConfigMapRef is not null));
}
