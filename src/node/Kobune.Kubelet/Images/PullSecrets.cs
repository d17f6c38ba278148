using System.Text;
using System.Text.Json;
using Kobune.Kubelet.Configuration;
using Kobune.Kubelet.Pods.Decision;
using V1 = Kobune.Cri.V1;

namespace Kobune.Kubelet.Images;

/// <summary>Registry credentials out of imagePullSecrets (kubernetes.io/dockerconfigjson and the older dockercfg), best match first.</summary>
internal sealed class PullSecrets(ReferencedObjects objects)
{
    public async Task<IReadOnlyList<V1.AuthConfig>> ForAsync(PodView pod, string image, CancellationToken cancellation)
    {
        var found = new List<(int Length, V1.AuthConfig Auth)>();
        foreach (var reference in pod.Pod.Spec.ImagePullSecrets)
        {
            if (await objects.SecretAsync(pod.Namespace, reference.Name, cancellation) is not { } secret)
            {
                continue; // As upstream: a missing pull secret is no error, the pull tells.
            }

            if (secret.Data.TryGetValue(".dockerconfigjson", out var json))
            {
                Collect(json, "auths", image, found);
            }
            else if (secret.Data.TryGetValue(".dockercfg", out var old))
            {
                Collect(old, null, image, found);
            }
        }

        return [.. found.OrderByDescending(f => f.Length).Select(f => f.Auth)];
    }

    private static void Collect(byte[] json, string? member, string image, List<(int Length, V1.AuthConfig Auth)> found)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            var root = document.RootElement;
            if (member is not null && !root.TryGetProperty(member, out root))
            {
                return;
            }

            foreach (var entry in root.EnumerateObject())
            {
                if (Matches(entry.Name, image) is { } length && Read(entry.Value) is { } auth)
                {
                    found.Add((length, auth));
                }
            }
        }
        catch (JsonException)
        {
            // An unreadable secret offers no credential.
        }
    }

    /// <summary>Length of the match, or null: host (with * in its labels), optional port and path prefix.</summary>
    private static int? Matches(string key, string image)
    {
        var pattern = key.Replace("https://", "", StringComparison.Ordinal).Replace("http://", "", StringComparison.Ordinal).TrimEnd('/');
        foreach (var suffix in (ReadOnlySpan<string>)["/v1", "/v2"])
        {
            pattern = pattern.EndsWith(suffix, StringComparison.Ordinal) ? pattern[..^suffix.Length] : pattern;
        }

        pattern = pattern is "index.docker.io" or "registry-1.docker.io" ? "docker.io" : pattern;
        var target = ImageName.RegistryAndPath(image);
        var patternParts = pattern.Split('/', 2);
        var targetParts = target.Split('/', 2);
        var hostPattern = patternParts[0].Split('.');
        var host = targetParts[0].Split('.');
        if (hostPattern.Length != host.Length)
        {
            return null;
        }

        for (var i = 0; i < host.Length; i++)
        {
            if (hostPattern[i] != "*" && hostPattern[i] != host[i])
            {
                return null;
            }
        }

        var path = patternParts.Length > 1 ? patternParts[1] : "";
        return path.Length == 0 || (targetParts.Length > 1 && (targetParts[1] + "/").StartsWith(path + "/", StringComparison.Ordinal)) ? pattern.Length : null;
    }

    private static V1.AuthConfig? Read(JsonElement entry)
    {
        var auth = new V1.AuthConfig
        {
            Username = Text(entry, "username"),
            Password = Text(entry, "password"),
            IdentityToken = Text(entry, "identitytoken"),
            RegistryToken = Text(entry, "registrytoken"),
        };
        if (Text(entry, "auth") is { Length: > 0 } encoded)
        {
            try
            {
                var pair = Encoding.UTF8.GetString(Convert.FromBase64String(encoded)).Split(':', 2);
                auth.Username = pair[0];
                auth.Password = pair.Length > 1 ? pair[1].TrimEnd('\0') : "";
            }
            catch (FormatException)
            {
                return null;
            }
        }

        return auth;
    }

    private static string Text(JsonElement entry, string name) =>
        entry.ValueKind == JsonValueKind.Object && entry.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";
}
