using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;

namespace Kobune.ApiServer.Authentication.OpenId;

/// <summary>An issuer's public keys (RFC 7517), and whether one of them signed something (RFC 7518).</summary>
internal sealed class JsonWebKeys
{
    private readonly List<(string Id, AsymmetricAlgorithm Key)> keys = [];

    /// <exception cref="FormatException">Not a key set. Keys of kinds that are not known are left out.</exception>
    public static JsonWebKeys Parse(ReadOnlySpan<byte> json)
    {
        var result = new JsonWebKeys();
        try
        {
            using var document = JsonDocument.Parse(json.ToArray());
            foreach (var key in document.RootElement.GetProperty("keys").EnumerateArray())
            {
                if (Public(key) is { } imported)
                {
                    result.keys.Add((Text(key, "kid"), imported));
                }
            }
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or CryptographicException)
        {
            throw new FormatException("not a JSON web key set: " + e.Message, e);
        }

        return result;
    }

    public bool Has(string keyId) => keys.Exists(k => k.Id == keyId);

    /// <summary>Whether a key (that of the id, or any when none is given) made the signature.</summary>
    public bool Verify(string algorithm, string keyId, byte[] signed, byte[] signature) => keys.Exists(k => (keyId.Length == 0 || k.Id == keyId) && Verify(k.Key, algorithm, signed, signature));

    private static bool Verify(AsymmetricAlgorithm key, string algorithm, byte[] signed, byte[] signature) => (key, algorithm) switch
    {
        (RSA rsa, "RS256") => rsa.VerifyData(signed, signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1),
        (RSA rsa, "RS384") => rsa.VerifyData(signed, signature, HashAlgorithmName.SHA384, RSASignaturePadding.Pkcs1),
        (RSA rsa, "RS512") => rsa.VerifyData(signed, signature, HashAlgorithmName.SHA512, RSASignaturePadding.Pkcs1),
        (RSA rsa, "PS256") => rsa.VerifyData(signed, signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pss),
        (RSA rsa, "PS384") => rsa.VerifyData(signed, signature, HashAlgorithmName.SHA384, RSASignaturePadding.Pss),
        (RSA rsa, "PS512") => rsa.VerifyData(signed, signature, HashAlgorithmName.SHA512, RSASignaturePadding.Pss),
        (ECDsa { KeySize: 256 } ec, "ES256") => ec.VerifyData(signed, signature, HashAlgorithmName.SHA256),
        (ECDsa { KeySize: 384 } ec, "ES384") => ec.VerifyData(signed, signature, HashAlgorithmName.SHA384),
        (ECDsa { KeySize: 521 } ec, "ES512") => ec.VerifyData(signed, signature, HashAlgorithmName.SHA512),
        _ => false,
    };

    private static AsymmetricAlgorithm? Public(JsonElement key) => Text(key, "kty") switch
    {
        _ when Text(key, "use") is not ("" or "sig") => null,
        "RSA" => RSA.Create(new RSAParameters { Modulus = Bytes(key, "n"), Exponent = Bytes(key, "e") }),
        "EC" when Curve(Text(key, "crv")) is { } curve => ECDsa.Create(new ECParameters { Curve = curve, Q = new ECPoint { X = Bytes(key, "x"), Y = Bytes(key, "y") } }),
        _ => null,
    };

    private static ECCurve? Curve(string name) => name switch
    {
        "P-256" => ECCurve.NamedCurves.nistP256,
        "P-384" => ECCurve.NamedCurves.nistP384,
        "P-521" => ECCurve.NamedCurves.nistP521,
        _ => null,
    };

    private static string Text(JsonElement key, string name) => key.TryGetProperty(name, out var value) ? value.GetString() ?? "" : "";

    private static byte[] Bytes(JsonElement key, string name) => Base64Url.DecodeFromChars(key.GetProperty(name).GetString());
}
