using System.Security.Cryptography;
using System.Text;

namespace Kobune.ApiServer.Encryption;

/// <summary>AES-GCM with a random nonce in front of the ciphertext, bound to the object's key, as upstream's provider aesgcm lays it out.</summary>
internal sealed class AesGcmTransformer(string keyName, byte[] secret) : IValueTransformer
{
    private const int NonceBytes = 12;
    private const int TagBytes = 16;

    public string Prefix { get; } = $"k8s:enc:aesgcm:v1:{keyName}:";

    public ValueTask<byte[]> EncryptAsync(ReadOnlyMemory<byte> value, string key, CancellationToken cancellationToken)
    {
        var prefix = Encoding.ASCII.GetBytes(Prefix);
        var result = new byte[prefix.Length + NonceBytes + value.Length + TagBytes];
        prefix.CopyTo(result, 0);
        Seal(secret, value.Span, key, result.AsSpan(prefix.Length));
        return new(result);
    }

    public ValueTask<byte[]> DecryptAsync(ReadOnlyMemory<byte> stored, string key, CancellationToken cancellationToken) => new(Open(secret, stored.Span, key));

    /// <summary>Writes nonce, ciphertext and tag.</summary>
    internal static void Seal(byte[] secret, ReadOnlySpan<byte> value, string key, Span<byte> output)
    {
        using var aes = new AesGcm(secret, TagBytes);
        RandomNumberGenerator.Fill(output[..NonceBytes]);
        aes.Encrypt(output[..NonceBytes], value, output.Slice(NonceBytes, value.Length), output[(NonceBytes + value.Length)..], Encoding.UTF8.GetBytes(key));
    }

    internal static byte[] Open(byte[] secret, ReadOnlySpan<byte> stored, string key)
    {
        if (stored.Length < NonceBytes + TagBytes)
        {
            throw new CryptographicException("the stored data was shorter than the required size");
        }

        var value = new byte[stored.Length - NonceBytes - TagBytes];
        using var aes = new AesGcm(secret, TagBytes);
        aes.Decrypt(stored[..NonceBytes], stored[NonceBytes..^TagBytes], stored[^TagBytes..], value, Encoding.UTF8.GetBytes(key));
        return value;
    }

    /// <summary>How much longer a sealed value is.</summary>
    internal const int Overhead = NonceBytes + TagBytes;
}
