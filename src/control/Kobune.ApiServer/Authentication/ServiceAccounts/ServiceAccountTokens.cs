using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Kobune.ApiServer.Authentication.ServiceAccounts;

/// <summary>Signs and verifies service-account tokens: JSON Web Tokens (RFC 7519) with ES256, and publishes the key (RFC 7517).</summary>
public sealed class ServiceAccountTokens
{
    private const string Algorithm = "ES256";

    private readonly ECDsa _key;
    private readonly string _header;
    private readonly string _keyId;

    /// <param name="key">The P-256 key; it stays the caller's.</param>
    /// <param name="issuer">The <c>iss</c> claim, and the audience of tokens that ask for none.</param>
    public ServiceAccountTokens(ECDsa key, string issuer)
    {
        _key = key;
        Issuer = issuer;
        _keyId = Base64Url.EncodeToString(SHA256.HashData(key.ExportSubjectPublicKeyInfo()));
        _header = Base64Url.EncodeToString(Encoding.UTF8.GetBytes($$"""{"alg":"{{Algorithm}}","kid":"{{_keyId}}"}"""));
    }

    public string Issuer { get; }

    internal string Sign(ServiceAccountClaims claims)
    {
        var payload = Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(claims, ServiceAccountJson.Default.ServiceAccountClaims));
        var signed = $"{_header}.{payload}";
        byte[] signature;
        lock (_key)
        {
            signature = _key.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256);
        }
        return $"{signed}.{Base64Url.EncodeToString(signature)}";
    }

    /// <summary>The claims of a token that this key signed, or null: not a JWT, another issuer's, or forged. Times are not judged here.</summary>
    internal ServiceAccountClaims? Verify(string token)
    {
        var parts = token.Split('.');
        if (parts.Length != 3)
        {
            return null;
        }
        try
        {
            using var header = JsonDocument.Parse(Base64Url.DecodeFromChars(parts[0]));
            if (header.RootElement.GetProperty("alg").GetString() != Algorithm)
            {
                return null;
            }
            var signature = Base64Url.DecodeFromChars(parts[2]);
            bool valid;
            lock (_key)
            {
                valid = _key.VerifyData(Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}"), signature, HashAlgorithmName.SHA256);
            }
            var claims = valid ? JsonSerializer.Deserialize(Base64Url.DecodeFromChars(parts[1]), ServiceAccountJson.Default.ServiceAccountClaims) : null;
            return claims?.Issuer == Issuer ? claims : null;
        }
        catch (Exception e) when (e is FormatException or JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>The public key as a JSON Web Key Set.</summary>
    public byte[] JsonWebKeySet()
    {
        var point = _key.ExportParameters(false).Q;
        return Encoding.UTF8.GetBytes($$"""{"keys":[{"use":"sig","kty":"EC","kid":"{{_keyId}}","crv":"P-256","alg":"{{Algorithm}}","x":"{{Base64Url.EncodeToString(point.X)}}","y":"{{Base64Url.EncodeToString(point.Y)}}"}]}""");
    }
}
