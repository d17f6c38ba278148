using System.Security.Cryptography;
using System.Text;

namespace Kobune.Proxy.Tools;

/// <summary>Short names from long ones, as upstream makes them: the beginning of the SHA-256 in base 32 (RFC 4648).</summary>
internal static class ChainHash
{
    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

    public static string Of(string text, int length)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(text));
        return string.Create(length, hash, static (result, bytes) =>
        {
            for (var i = 0; i < result.Length; i++)
            {
                var bit = i * 5;
                var pair = (bytes[bit / 8] << 8) | (bit / 8 + 1 < bytes.Length ? bytes[(bit / 8) + 1] : 0);
                result[i] = Alphabet[(pair >> (11 - (bit % 8))) & 31];
            }
        });
    }
}
