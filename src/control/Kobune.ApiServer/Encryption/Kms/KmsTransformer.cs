using System.Buffers;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Kobune.Api;

namespace Kobune.ApiServer.Encryption.Kms;

/// <summary>
/// Envelope encryption by a KMS v2 plug-in, in upstream's format: the plug-in encrypts a seed of this process, each value
/// gets a key of its own derived from the seed (HKDF-SHA256 over a random 32-byte info), and is sealed with AES-GCM. The
/// plug-in is asked once a seed, not once a value. A new key id of the plug-in makes a new seed.
/// </summary>
internal sealed class KmsTransformer(string name, KmsClient client, TimeProvider time) : IValueTransformer
{
    private const int SeedBytes = 32;
    private const int InfoBytes = 32;
    private const ulong SeedType = 1;
    private const int MaxSeeds = 1000;
    private static readonly TimeSpan StatusPeriod = TimeSpan.FromMinutes(1);

    private readonly SemaphoreSlim turn = new(1, 1);
    // Seeds by what the plug-in made of them; bounded, emptied when full.
    private readonly ConcurrentDictionary<string, byte[]> seeds = new(StringComparer.Ordinal);
    private Seed? writing;
    private long checkedAt;

    public string Prefix { get; } = $"k8s:enc:kms:v2:{name}:";

    /// <summary>From a provider's settings: apiVersion v2, name, endpoint unix:///…, timeout.</summary>
    /// <exception cref="FormatException"></exception>
    public static KmsTransformer Of(JsonElement settings, string path, TimeProvider time)
    {
        if (!settings.TryGetProperty("apiVersion", out var version) || version.GetString() != "v2")
        {
            throw new FormatException($"{path}.apiVersion: Unsupported value: supported values: \"v2\"");
        }

        var name = settings.GetProperty("name").GetString() ?? "";
        if (name.Length == 0 || name.Contains(':', StringComparison.Ordinal))
        {
            throw new FormatException($"{path}.name: Invalid value: \"{name}\": a provider's name is not empty and has no colon");
        }

        var endpoint = settings.GetProperty("endpoint").GetString() ?? "";
        if (!endpoint.StartsWith("unix:///", StringComparison.Ordinal))
        {
            throw new FormatException($"{path}.endpoint: Invalid value: \"{endpoint}\": unsupported scheme for endpoint: only unix is supported");
        }

        var timeout = TimeSpan.FromSeconds(3);
        if (settings.TryGetProperty("timeout", out var given))
        {
            timeout = GoDuration.TryParse(given.GetString() ?? "", out var parsed) && parsed > TimeSpan.Zero
                ? parsed
                : throw new FormatException($"{path}.timeout: Invalid value: \"{given}\": should be a positive value");
        }

        return new KmsTransformer(name, new KmsClient(endpoint["unix://".Length..], timeout), time);
    }

    public async ValueTask<byte[]> EncryptAsync(ReadOnlyMemory<byte> value, string key, CancellationToken cancellationToken)
    {
        var seed = await SeedAsync(cancellationToken).ConfigureAwait(false);
        var sealedValue = new byte[InfoBytes + value.Length + AesGcmTransformer.Overhead];
        RandomNumberGenerator.Fill(sealedValue.AsSpan(0, InfoBytes));
        AesGcmTransformer.Seal(Derive(seed.Secret, sealedValue.AsSpan(0, InfoBytes)), value.Span, key, sealedValue.AsSpan(InfoBytes));
        var output = new ArrayBufferWriter<byte>();
        output.Write(Encoding.ASCII.GetBytes(Prefix));
        ProtoFields.Write(output, 1, sealedValue);
        ProtoFields.Write(output, 2, seed.KeyId);
        ProtoFields.Write(output, 3, seed.Ciphertext);
        foreach (var annotation in seed.Annotations)
        {
            ProtoFields.Write(output, 4, annotation);
        }

        ProtoFields.Write(output, 5, SeedType);
        return output.WrittenSpan.ToArray();
    }

    public async ValueTask<byte[]> DecryptAsync(ReadOnlyMemory<byte> stored, string key, CancellationToken cancellationToken)
    {
        List<(int Field, byte[] Bytes, ulong Number)> fields;
        try
        {
            fields = ProtoFields.Read(stored.Span);
        }
        catch (FormatException e)
        {
            throw new CryptographicException(e.Message, e);
        }

        var (data, keyId, ciphertext) = (fields.Find(f => f.Field == 1).Bytes ?? [], fields.Find(f => f.Field == 2).Bytes ?? [], fields.Find(f => f.Field == 3).Bytes ?? []);
        var cached = Convert.ToBase64String(ciphertext);
        if (!seeds.TryGetValue(cached, out var secret))
        {
            secret = await client.DecryptAsync(ciphertext, Guid(), Encoding.UTF8.GetString(keyId), fields.Where(f => f.Field == 4).Select(f => f.Bytes), cancellationToken).ConfigureAwait(false);
            Remember(cached, secret);
        }

        return fields.Exists(f => f is { Field: 5, Number: SeedType })
            ? data.Length > InfoBytes ? AesGcmTransformer.Open(Derive(secret, data.AsSpan(0, InfoBytes)), data.AsSpan(InfoBytes), key) : throw new CryptographicException("the stored data was shorter than the required size")
            : AesGcmTransformer.Open(secret, data, key);
    }

    private async ValueTask<Seed> SeedAsync(CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref writing) is { } present && time.GetElapsedTime(Volatile.Read(ref checkedAt)) < StatusPeriod)
        {
            return present;
        }

        await turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (writing is { } again && (time.GetElapsedTime(checkedAt) < StatusPeriod || await client.KeyIdAsync(cancellationToken).ConfigureAwait(false) == again.KeyId))
            {
                Volatile.Write(ref checkedAt, time.GetTimestamp());
                return again;
            }

            var secret = RandomNumberGenerator.GetBytes(SeedBytes);
            var (ciphertext, keyId, annotations) = await client.EncryptAsync(secret, Guid(), cancellationToken).ConfigureAwait(false);
            Remember(Convert.ToBase64String(ciphertext), secret);
            Volatile.Write(ref checkedAt, time.GetTimestamp());
            return writing = new Seed(secret, ciphertext, keyId, annotations);
        }
        finally
        {
            turn.Release();
        }
    }

    private void Remember(string ciphertext, byte[] secret)
    {
        if (seeds.Count >= MaxSeeds)
        {
            seeds.Clear();
        }

        seeds[ciphertext] = secret;
    }

    private static byte[] Derive(byte[] seed, ReadOnlySpan<byte> info)
    {
        var key = new byte[32];
        HKDF.Expand(HashAlgorithmName.SHA256, seed, key, info);
        return key;
    }

    // A request's id, for the plug-in's log only.
    private static string Guid() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));

    private sealed record Seed(byte[] Secret, byte[] Ciphertext, string KeyId, List<byte[]> Annotations);
}
