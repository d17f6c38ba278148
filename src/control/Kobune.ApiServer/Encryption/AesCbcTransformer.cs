using System.Security.Cryptography;
using System.Text;

namespace Kobune.ApiServer.Encryption;

/// <summary>AES-CBC with PKCS #7 padding and a random block in front, as upstream's provider aescbc lays it out. Not authenticated: aesgcm is better.</summary>
internal sealed class AesCbcTransformer(string keyName, byte[] secret) : IValueTransformer
{
    private const int BlockBytes = 16;

    public string Prefix { get; } = $"k8s:enc:aescbc:v1:{keyName}:";

    public ValueTask<byte[]> EncryptAsync(ReadOnlyMemory<byte> value, string key, CancellationToken cancellationToken)
    {
        using var aes = Aes.Create();
        aes.Key = secret;
        var start = RandomNumberGenerator.GetBytes(BlockBytes);
        return new([.. Encoding.ASCII.GetBytes(Prefix), .. start, .. aes.EncryptCbc(value.Span, start)]);
    }

    public ValueTask<byte[]> DecryptAsync(ReadOnlyMemory<byte> stored, string key, CancellationToken cancellationToken)
    {
        if (stored.Length < 2 * BlockBytes)
        {
            throw new CryptographicException("the stored data was shorter than the required size");
        }

        using var aes = Aes.Create();
        aes.Key = secret;
        return new(aes.DecryptCbc(stored.Span[BlockBytes..], stored.Span[..BlockBytes]));
    }
}
