namespace Kobune.ApiServer.Encryption;

/// <summary>Values as they are.</summary>
internal sealed class IdentityTransformer : IValueTransformer
{
    public string Prefix => "";

    public ValueTask<byte[]> EncryptAsync(ReadOnlyMemory<byte> value, string key, CancellationToken cancellationToken) => new(value.ToArray());

    public ValueTask<byte[]> DecryptAsync(ReadOnlyMemory<byte> stored, string key, CancellationToken cancellationToken) => new(stored.ToArray());
}
