using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace Kobune.Client.Streaming;

/// <summary>The key exchange of RFC 6455 §4.</summary>
internal static class WebSocketHandshake
{
    private const string Salt = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

    [SuppressMessage("Security", "CA5350", Justification = "RFC 6455 prescribes SHA-1; it protects nothing here.")]
    public static string Accept(string key) => Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + Salt)));

    public static string NewKey() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(16));
}
