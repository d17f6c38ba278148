using System.Text;
using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.Kubelet.Configuration;
using Kobune.Kubelet.Pods.Decision;

namespace Kobune.Kubelet.Volumes;

/// <summary>The files of volumes whose content comes from the API: configMap, secret, downwardAPI and projected.</summary>
internal sealed class Payloads(
    ReferencedObjects objects, ServiceAccountTokens tokens, Func<NodeFacts> node, Func<IReadOnlyDictionary<string, Quantity>> allocatable)
{
    private const uint DefaultMode = 0x1A4; // 0644

    /// <summary>Null when the volume is of another kind.</summary>
    /// <exception cref="VolumeException">A source that is not optional is missing.</exception>
    public async Task<Dictionary<string, VolumeFile>?> BuildAsync(PodView pod, Volume volume, CancellationToken cancellation)
    {
        var files = new Dictionary<string, VolumeFile>(StringComparer.Ordinal);
        if (volume.ConfigMap is { } map)
        {
            await AddConfigMapAsync(volume.Name, pod.Namespace, map.Name, map.Items, map.Optional, Mode(map.DefaultMode), files, cancellation);
        }
        else if (volume.Secret is { } secret)
        {
            await AddSecretAsync(volume.Name, pod.Namespace, secret.SecretName, secret.Items, secret.Optional, Mode(secret.DefaultMode), files, cancellation);
        }
        else if (volume.DownwardAPI is { } downward)
        {
            AddDownward(volume.Name, pod, downward.Items, Mode(downward.DefaultMode), files);
        }
        else if (volume.Projected is { } projected)
        {
            await AddProjectedAsync(volume.Name, pod, projected, files, cancellation);
        }
        else
        {
            return null;
        }

        return files;
    }

    private async Task AddProjectedAsync(
        string volume, PodView pod, ProjectedVolumeSource projected, Dictionary<string, VolumeFile> files, CancellationToken cancellation)
    {
        var mode = Mode(projected.DefaultMode);
        foreach (var source in projected.Sources)
        {
            if (source.ConfigMap is { } map)
            {
                await AddConfigMapAsync(volume, pod.Namespace, map.Name, map.Items, map.Optional, mode, files, cancellation);
            }
            else if (source.Secret is { } secret)
            {
                await AddSecretAsync(volume, pod.Namespace, secret.Name, secret.Items, secret.Optional, mode, files, cancellation);
            }
            else if (source.DownwardAPI is { } downward)
            {
                AddDownward(volume, pod, downward.Items, mode, files);
            }
            else if (source.ServiceAccountToken is { } token)
            {
                await AddTokenAsync(volume, pod, token, mode, files, cancellation);
            }
            else if (source.ClusterTrustBundle is { Optional: not true } bundle)
            {
                throw new VolumeException(volume, $"clusterTrustBundle \"{bundle.Name ?? bundle.SignerName}\" not found");
            }
        }
    }

    private async Task AddTokenAsync(
        string volume, PodView pod, ServiceAccountTokenProjection source, uint mode, Dictionary<string, VolumeFile> files, CancellationToken cancellation)
    {
        // Everyone in the Pod as one user: the token is that user's alone. With fsGroup the group gets to read it.
        var owner = SoleUser(pod);
        if (owner is not null || pod.Pod.Spec.SecurityContext?.FsGroup is not null)
        {
            mode = 0x180; // 0600
        }

        try
        {
            var token = await tokens.GetAsync(pod, source, cancellation);
            files[Clean(volume, source.Path)] = new VolumeFile(Encoding.UTF8.GetBytes(token), mode, owner);
        }
        catch (KubeStatusException e)
        {
            throw new VolumeException(volume, $"failed to fetch token: {e.Message}");
        }
    }

    private static uint? SoleUser(PodView pod)
    {
        var users = pod.Apps.Concat(pod.Init)
            .Select(c => c.Container.SecurityContext?.RunAsUser ?? pod.Pod.Spec.SecurityContext?.RunAsUser).Distinct().Take(2).ToArray();
        return users is [{ } user] ? (uint)user : null;
    }

    private async Task AddConfigMapAsync(
        string volume, string ns, string name, List<KeyToPath> items, bool? optional, uint mode, Dictionary<string, VolumeFile> files, CancellationToken cancellation)
    {
        var map = await objects.ConfigMapAsync(ns, name, cancellation);
        if (map is null)
        {
            if (optional != true)
            {
                throw new VolumeException(volume, $"configmap \"{name}\" not found");
            }

            return;
        }

        var data = map.Data.Select(p => KeyValuePair.Create(p.Key, Encoding.UTF8.GetBytes(p.Value))).Concat(map.BinaryData);
        Select(volume, "config", data, items, optional, mode, files);
    }

    private async Task AddSecretAsync(
        string volume, string ns, string name, List<KeyToPath> items, bool? optional, uint mode, Dictionary<string, VolumeFile> files, CancellationToken cancellation)
    {
        var secret = await objects.SecretAsync(ns, name, cancellation);
        if (secret is null)
        {
            if (optional != true)
            {
                throw new VolumeException(volume, $"secret \"{name}\" not found");
            }

            return;
        }

        Select(volume, "secret", secret.Data, items, optional, mode, files);
    }

    private static void Select(
        string volume, string what, IEnumerable<KeyValuePair<string, byte[]>> data, List<KeyToPath> items, bool? optional, uint mode, Dictionary<string, VolumeFile> files)
    {
        if (items.Count == 0)
        {
            foreach (var (key, value) in data)
            {
                files[Clean(volume, key)] = new VolumeFile(value, mode);
            }

            return;
        }

        var all = data.ToDictionary(StringComparer.Ordinal);
        foreach (var item in items)
        {
            if (all.TryGetValue(item.Key, out var value))
            {
                files[Clean(volume, item.Path)] = new VolumeFile(value, item.Mode is { } own ? (uint)own : mode);
            }
            else if (optional != true)
            {
                throw new VolumeException(volume, $"references non-existent {what} key: {item.Key}");
            }
        }
    }

    private void AddDownward(string volume, PodView pod, List<DownwardAPIVolumeFile> items, uint mode, Dictionary<string, VolumeFile> files)
    {
        foreach (var item in items)
        {
            try
            {
                var text = item.FieldRef is { } field
                    ? FieldPaths.Read(pod.Pod, field.FieldPath, node(), [])
                    : ResourceFields.Read(pod.Pod, item.ResourceFieldRef!, "", allocatable());
                files[Clean(volume, item.Path)] = new VolumeFile(Encoding.UTF8.GetBytes(text), item.Mode is { } own ? (uint)own : mode);
            }
            catch (ConfigurationException e)
            {
                throw new VolumeException(volume, e.Message);
            }
        }
    }

    private static uint Mode(int? given) => given is { } mode ? (uint)mode : DefaultMode;

    /// <summary>The API validates paths; a node that trusted it alone would write where a lax server let it.</summary>
    private static string Clean(string volume, string path)
    {
        var steps = path.Split('/');
        return path.Length > 0 && !path.StartsWith('/') && !steps[0].StartsWith("..", StringComparison.Ordinal) && steps.All(s => s is not (".." or "." or ""))
            ? path
            : throw new VolumeException(volume, $"invalid path: {path}");
    }
}
