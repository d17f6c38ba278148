using Kobune.Api.Core.V1;

namespace Kobune.ApiServer.Admission.Plugins;

/// <summary>Service accounts that let their Pods use only the secrets they list (an annotation turns it on).</summary>
internal static class MountableSecrets
{
    private const string Annotation = "kubernetes.io/enforce-mountable-secrets";

    /// <summary>The first reference that the account does not allow, as a sentence, or null.</summary>
    public static string? Problem(Pod pod, ServiceAccount account)
    {
        if (!account.Metadata.Annotations.TryGetValue(Annotation, out var value) || !bool.TryParse(value, out var on) || !on)
        {
            return null;
        }

        var name = account.Metadata.Name;
        var mountable = account.Secrets.Select(s => s.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var secret in pod.Spec.Volumes.Select(v => v.Secret?.SecretName).OfType<string>().Where(s => !mountable.Contains(s)))
        {
            return $"volume with secret.secretName=\"{secret}\" is not allowed because service account {name} does not reference that secret";
        }

        return InContainers(pod.Spec.InitContainers, "init container", mountable, name) ?? InContainers(pod.Spec.Containers, "container", mountable, name)
            ?? PullSecrets(pod, account);
    }

    private static string? InContainers(List<Container> containers, string what, HashSet<string> mountable, string account)
    {
        foreach (var container in containers)
        {
            foreach (var env in container.Env)
            {
                if (env.ValueFrom?.SecretKeyRef is { } reference && !mountable.Contains(reference.Name))
                {
                    return $"{what} {container.Name} with envVar {env.Name} referencing secret.secretName=\"{reference.Name}\" is not allowed because service account {account} does not reference that secret";
                }
            }
        }

        return null;
    }

    private static string? PullSecrets(Pod pod, ServiceAccount account)
    {
        var allowed = account.ImagePullSecrets.Select(s => s.Name).ToHashSet(StringComparer.Ordinal);
        var index = pod.Spec.ImagePullSecrets.FindIndex(s => !allowed.Contains(s.Name));
        return index < 0 ? null : $"imagePullSecrets[{index}].name=\"{pod.Spec.ImagePullSecrets[index].Name}\" is not allowed because service account {account.Metadata.Name} does not reference that imagePullSecret";
    }
}
