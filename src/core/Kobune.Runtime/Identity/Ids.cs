using System.Security.Cryptography;

namespace Kobune.Runtime;

/// <summary>The source of uids and of the random endings of generated names. Seeded, it repeats itself, so that a test replays.</summary>
public abstract class Ids
{
    // No vowels and none of the digits that look like letters, so that no word and no confusion comes out (as upstream).
    private const string Alphabet = "bcdfghjklmnpqrstvwxz2456789";

    /// <summary>From the system's cryptographic source.</summary>
    public static Ids Random { get; } = new SystemIds();

    /// <summary>The same sequence for the same seed.</summary>
    public static Ids Seeded(int seed) => new SeededIds(seed);

    /// <summary>A new version 4 UUID in its usual text form.</summary>
    public string NewUid()
    {
        Span<byte> bytes = stackalloc byte[16];
        Fill(bytes);
        bytes[6] = (byte)((bytes[6] & 0x0F) | 0x40);
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
        return new Guid(bytes, bigEndian: true).ToString();
    }

    /// <summary>A random ending for a generated name, five characters unless told otherwise.</summary>
    public string NewSuffix(int length = 5)
    {
        Span<byte> bytes = stackalloc byte[length];
        Fill(bytes);
        return SafeEncode(bytes);
    }

    /// <summary>Maps every byte to a character that is safe in a name.</summary>
    public static string SafeEncode(ReadOnlySpan<byte> bytes)
    {
        Span<char> chars = stackalloc char[bytes.Length];
        for (var i = 0; i < bytes.Length; i++)
        {
            chars[i] = Alphabet[bytes[i] % Alphabet.Length];
        }

        return new string(chars);
    }

    protected abstract void Fill(Span<byte> bytes);

    private sealed class SystemIds : Ids
    {
        protected override void Fill(Span<byte> bytes) => RandomNumberGenerator.Fill(bytes);
    }

    private sealed class SeededIds(int seed) : Ids
    {
        private readonly Lock _gate = new();
        private readonly Random _random = new(seed);

        protected override void Fill(Span<byte> bytes)
        {
            lock (_gate)
            {
                _random.NextBytes(bytes);
            }
        }
    }
}
