using System.Text;
using Kobune.Api;
using Kobune.Api.Core.V1;
using Kobune.Kubelet.Pods.Decision;

namespace Kobune.Kubelet.Configuration;

/// <summary>The environment of a container: services, then envFrom, then env in order, each able to refer to those before.</summary>
internal sealed class EnvironmentBuilder(
    ReferencedObjects objects, EnvFiles files, Func<IEnumerable<Service>> services, Func<NodeFacts> node, Func<IReadOnlyDictionary<string, Quantity>> allocatable)
{
    /// <exception cref="ConfigurationException">A reference that is not optional cannot be resolved.</exception>
    public async Task<IReadOnlyList<KeyValuePair<string, string>>> BuildAsync(
        PodView pod, ContainerSpec container, IReadOnlyList<string> podAddresses, CancellationToken cancellation)
    {
        var result = new Dictionary<string, string>(StringComparer.Ordinal);
        var order = new List<string>();
        foreach (var source in container.Container.EnvFrom)
        {
            foreach (var (key, value) in await FromAsync(pod, source, cancellation))
            {
                Set(source.Prefix + key, value);
            }
        }

        var links = ServiceEnvironment.Build(services(), pod.Namespace, pod.Pod.Spec.EnableServiceLinks ?? true);
        foreach (var variable in container.Container.Env)
        {
            var value = variable.ValueFrom is { } from
                ? await ValueAsync(pod, container, from, podAddresses, cancellation)
                : Expansion.Expand(variable.Value, n => result.TryGetValue(n, out var v) ? v : links.GetValueOrDefault(n));
            if (value is not null)
            {
                Set(variable.Name, value);
            }
        }

        foreach (var (key, value) in links)
        {
            if (!result.ContainsKey(key))
            {
                Set(key, value);
            }
        }

        return [.. order.Select(n => KeyValuePair.Create(n, result[n]))];

        void Set(string name, string value)
        {
            if (!result.ContainsKey(name))
            {
                order.Add(name);
            }

            result[name] = value;
        }
    }

    private async Task<IEnumerable<KeyValuePair<string, string>>> FromAsync(PodView pod, EnvFromSource source, CancellationToken cancellation)
    {
        if (source.ConfigMapRef is { } map)
        {
            return await objects.ConfigMapAsync(pod.Namespace, map.Name, cancellation) is { } found
                ? found.Data.OrderBy(p => p.Key, StringComparer.Ordinal)
                : Missing(map.Optional, $"configmap \"{map.Name}\" not found");
        }

        if (source.SecretRef is { } secret)
        {
            return await objects.SecretAsync(pod.Namespace, secret.Name, cancellation) is { } found
                ? found.Data.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => KeyValuePair.Create(p.Key, Encoding.UTF8.GetString(p.Value)))
                : Missing(secret.Optional, $"secret \"{secret.Name}\" not found");
        }

        return [];
    }

    private static IEnumerable<KeyValuePair<string, string>> Missing(bool? optional, string message) =>
        optional == true ? [] : throw new ConfigurationException(message);

    private async Task<string?> ValueAsync(
        PodView pod, ContainerSpec container, EnvVarSource from, IReadOnlyList<string> podAddresses, CancellationToken cancellation)
    {
        if (from.FieldRef is { } field)
        {
            return FieldPaths.Read(pod.Pod, field.FieldPath, node(), podAddresses);
        }

        if (from.ResourceFieldRef is { } resource)
        {
            return ResourceFields.Read(pod.Pod, resource, container.Name, allocatable());
        }

        if (from.FileKeyRef is { } file)
        {
            return files.Read(pod, file);
        }

        if (from.ConfigMapKeyRef is { } map)
        {
            var found = await objects.ConfigMapAsync(pod.Namespace, map.Name, cancellation);
            if (found is null)
            {
                return map.Optional == true ? null : throw new ConfigurationException($"configmap \"{map.Name}\" not found");
            }

            return found.Data.TryGetValue(map.Key, out var value) ? value
                : map.Optional == true ? null
                : throw new ConfigurationException($"couldn't find key {map.Key} in ConfigMap {pod.Namespace}/{map.Name}");
        }

        if (from.SecretKeyRef is { } secret)
        {
            var found = await objects.SecretAsync(pod.Namespace, secret.Name, cancellation);
            if (found is null)
            {
                return secret.Optional == true ? null : throw new ConfigurationException($"secret \"{secret.Name}\" not found");
            }

            return found.Data.TryGetValue(secret.Key, out var value) ? Encoding.UTF8.GetString(value)
                : secret.Optional == true ? null
                : throw new ConfigurationException($"couldn't find key {secret.Key} in Secret {pod.Namespace}/{secret.Name}");
        }

        return null;
    }
}
