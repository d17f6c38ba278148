using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.Kubelet.Pods.Decision;

namespace Kobune.Kubelet.Configuration;

/// <summary>The ConfigMaps and Secrets that a Pod names anywhere.</summary>
internal static class PodReferences
{
    public static IEnumerable<(ResourceInfo Resource, string Namespace, string Name)> Of(PodView pod) =>
        Names(pod).Where(r => r.Name.Length > 0).Distinct().Select(r => (r.Resource, pod.Namespace, r.Name));

    private static IEnumerable<(ResourceInfo Resource, string Name)> Names(PodView pod)
    {
        foreach (var secret in pod.Pod.Spec.ImagePullSecrets)
        {
            yield return (Secret.Info, secret.Name);
        }

        foreach (var volume in pod.Pod.Spec.Volumes)
        {
            if (volume.ConfigMap is { } map)
            {
                yield return (ConfigMap.Info, map.Name);
            }

            if (volume.Secret is { } secret)
            {
                yield return (Secret.Info, secret.SecretName);
            }

            foreach (var source in volume.Projected?.Sources ?? [])
            {
                if (source.ConfigMap is { } projectedMap)
                {
                    yield return (ConfigMap.Info, projectedMap.Name);
                }

                if (source.Secret is { } projectedSecret)
                {
                    yield return (Secret.Info, projectedSecret.Name);
                }
            }
        }

        foreach (var container in pod.All.Select(c => c.Container))
        {
            foreach (var from in container.EnvFrom)
            {
                yield return (ConfigMap.Info, from.ConfigMapRef?.Name ?? "");
                yield return (Secret.Info, from.SecretRef?.Name ?? "");
            }

            foreach (var from in container.Env.Select(e => e.ValueFrom))
            {
                yield return (ConfigMap.Info, from?.ConfigMapKeyRef?.Name ?? "");
                yield return (Secret.Info, from?.SecretKeyRef?.Name ?? "");
            }
        }
    }
}
