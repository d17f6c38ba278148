namespace Kobune.ApiServer.Encryption;

/// <summary>One way in which stored values are written, and read again. Values carry its prefix, so that several can be in use at once.</summary>
internal interface IValueTransformer
{
    /// <summary>What its values begin with ("k8s:enc:aesgcm:v1:key1:"); empty for values as they are.</summary>
    string Prefix { get; }

    /// <summary>The value with the prefix in front.</summary>
    ValueTask<byte[]> EncryptAsync(ReadOnlyMemory<byte> value, string key, CancellationToken cancellationToken);

    /// <summary>The value of what stood behind the prefix.</summary>
    /// <exception cref="System.Security.Cryptography.CryptographicException">It was changed, moved to another key, or written with another secret.</exception>
    ValueTask<byte[]> DecryptAsync(ReadOnlyMemory<byte> stored, string key, CancellationToken cancellationToken);
}
