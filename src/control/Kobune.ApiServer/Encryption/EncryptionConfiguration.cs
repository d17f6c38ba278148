using System.Text.Json;
using Kobune.Api;

namespace Kobune.ApiServer.Encryption;

/// <summary>
/// Which resources are stored encrypted and how (apiserver.config.k8s.io/v1 EncryptionConfiguration). Of each resource's
/// providers the first writes and all read, which is how keys are rotated.
/// </summary>
public sealed class EncryptionConfiguration
{
    private readonly List<(string[] Resources, List<IValueTransformer> Transformers)> _entries = [];

    /// <summary>Reads a configuration in YAML or JSON.</summary>
    /// <exception cref="FormatException">Not one; the message says why.</exception>
    public static EncryptionConfiguration Parse(string text, TimeProvider time)
    {
        try
        {
            using var document = JsonDocument.Parse(KubeYaml.ToJsonOne(text));
            return new EncryptionConfiguration(document.RootElement, time);
        }
        catch (Exception e) when (e is JsonException or KubeDecodeException or InvalidOperationException or KeyNotFoundException)
        {
            throw new FormatException("not an encryption configuration: " + e.Message, e);
        }
    }

    private EncryptionConfiguration(JsonElement root, TimeProvider time)
    {
        if (root.GetProperty("kind").GetString() != "EncryptionConfiguration" || root.GetProperty("apiVersion").GetString() != "apiserver.config.k8s.io/v1")
        {
            throw new FormatException("an encryption configuration has apiVersion apiserver.config.k8s.io/v1 and kind EncryptionConfiguration");
        }

        var i = 0;
        foreach (var entry in root.GetProperty("resources").EnumerateArray())
        {
            var path = $"resources[{i++}]";
            var resources = entry.GetProperty("resources").EnumerateArray().Select(r => r.GetString()!).ToArray();
            var transformers = entry.GetProperty("providers").EnumerateArray().SelectMany((p, n) => Providers(p, $"{path}.providers[{n}]", time)).ToList();
            if (resources.Length == 0)
            {
                throw new FormatException($"{path}.resources: Required value: resources can not be nil");
            }

            if (transformers.Count == 0)
            {
                throw new FormatException($"{path}.providers: Required value: providers can not be nil");
            }

            _entries.Add((resources, transformers));
        }
    }

    /// <summary>The transformers of a resource, the writing one first; null: it is stored as it is.</summary>
    internal IReadOnlyList<IValueTransformer>? Of(string group, string plural)
    {
        var qualified = group.Length == 0 ? plural : plural + "." + group;
        foreach (var (resources, transformers) in _entries)
        {
            if (resources.Any(r => r == qualified || r == "*.*" || (r.StartsWith("*.", StringComparison.Ordinal) && r.AsSpan(2).SequenceEqual(group))))
            {
                return transformers;
            }
        }

        return null;
    }

    private static IEnumerable<IValueTransformer> Providers(JsonElement provider, string path, TimeProvider time)
    {
        var chosen = provider.EnumerateObject().ToList();
        if (chosen.Count != 1)
        {
            throw new FormatException($"{path}: Invalid value: a provider names exactly one of identity, aesgcm, aescbc and kms");
        }

        var (kind, settings) = (chosen[0].Name, chosen[0].Value);
        return kind switch
        {
            "identity" => [new IdentityTransformer()],
            "aesgcm" => Keys(settings, path + ".aesgcm").Select(k => new AesGcmTransformer(k.Name, k.Secret)),
            "aescbc" => Keys(settings, path + ".aescbc").Select(k => new AesCbcTransformer(k.Name, k.Secret)),
            "kms" => [Kms.KmsTransformer.Of(settings, path + ".kms", time)],
            _ => throw new FormatException($"{path}: Unsupported value: \"{kind}\": supported values: \"aescbc\", \"aesgcm\", \"identity\", \"kms\""),
        };
    }

    private static List<(string Name, byte[] Secret)> Keys(JsonElement settings, string path)
    {
        var keys = new List<(string, byte[])>();
        var i = 0;
        foreach (var key in settings.GetProperty("keys").EnumerateArray())
        {
            var at = $"{path}.keys[{i++}]";
            var name = key.GetProperty("name").GetString()!;
            byte[] secret;
            try
            {
                secret = Convert.FromBase64String(key.GetProperty("secret").GetString()!);
            }
            catch (FormatException)
            {
                throw new FormatException($"{at}.secret: Invalid value: secret must be base64 encoded");
            }

            if (name.Length == 0 || name.Contains(':', StringComparison.Ordinal))
            {
                throw new FormatException($"{at}.name: Invalid value: a key's name is not empty and has no colon");
            }

            if (secret.Length is not (16 or 24 or 32))
            {
                throw new FormatException($"{at}.secret: Invalid value: secret is not of the expected length, got {secret.Length}, expected one of [16 24 32]");
            }

            keys.Add((name, secret));
        }

        return keys.Count > 0 ? keys : throw new FormatException($"{path}.keys: Required value: keys can not be nil");
    }
}
