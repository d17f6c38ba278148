namespace Kobune.ApiServer.Registry;

/// <summary>Names made from metadata.generateName: five characters that spell no words, upstream's alphabet.</summary>
internal static class GeneratedNames
{
    private const string Alphabet = "bcdfghjklmnpqrstvwxz2456789";
    private const int SuffixLength = 5;
    private const int MaxLength = 63;

    public static string From(string prefix, Random random)
    {
        if (prefix.Length > MaxLength - SuffixLength)
        {
            prefix = prefix[..(MaxLength - SuffixLength)];
        }

        return string.Concat(prefix, random.GetString(Alphabet, SuffixLength));
    }

    /// <summary>A version 4 UUID.</summary>
    public static string Uid(Random random)
    {
        Span<byte> bytes = stackalloc byte[16];
        random.NextBytes(bytes);
        bytes[6] = (byte)((bytes[6] & 0x0f) | 0x40);
        bytes[8] = (byte)((bytes[8] & 0x3f) | 0x80);
        return new Guid(bytes, bigEndian: true).ToString();
    }
}
