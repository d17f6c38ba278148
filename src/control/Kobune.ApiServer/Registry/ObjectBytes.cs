using System.Buffers.Text;

namespace Kobune.ApiServer.Registry;

/// <summary>
/// Puts the resource version into an object's JSON as the first member of metadata, and exchanges it. Our own writer
/// begins every object with kind, apiVersion and metadata, so the place is found by looking at the first bytes only.
/// </summary>
internal static class ObjectBytes
{
    private static ReadOnlySpan<byte> MetadataOpen => "\"metadata\":{"u8;
    private static ReadOnlySpan<byte> VersionOpen => "\"resourceVersion\":\""u8;

    /// <summary>Where the "metadata" member begins: what stands before it is kind and apiVersion.</summary>
    public static int MetadataOffset(ReadOnlySpan<byte> json)
    {
        var at = json.IndexOf(MetadataOpen);
        return at >= 0 ? at : throw new FormatException("the object's JSON has no metadata");
    }

    /// <summary>By how many bytes the version makes an object longer whose metadata is not empty.</summary>
    public static int VersionLength(long revision)
    {
        Span<byte> digits = stackalloc byte[20];
        Utf8Formatter.TryFormat(revision, digits, out var length);
        return VersionOpen.Length + length + 2;
    }

    public static byte[] WithVersion(ReadOnlySpan<byte> stored, long revision)
    {
        Span<byte> digits = stackalloc byte[20];
        Utf8Formatter.TryFormat(revision, digits, out var length);
        var at = MetadataOffset(stored) + MetadataOpen.Length;
        var empty = stored[at] == (byte)'}';
        var result = new byte[stored.Length + VersionOpen.Length + length + (empty ? 1 : 2)];
        var to = result.AsSpan();
        stored[..at].CopyTo(to);
        to = to[at..];
        VersionOpen.CopyTo(to);
        to = to[VersionOpen.Length..];
        digits[..length].CopyTo(to);
        to[length] = (byte)'"';
        to = to[(length + 1)..];
        if (!empty)
        {
            to[0] = (byte)',';
            to = to[1..];
        }

        stored[at..].CopyTo(to);
        return result;
    }

    /// <summary>The same object with another resource version, as deletion events need it.</summary>
    public static byte[] ExchangeVersion(ReadOnlySpan<byte> final, long revision)
    {
        var start = MetadataOffset(final) + MetadataOpen.Length;
        var digits = start + VersionOpen.Length;
        var end = digits + final[digits..].IndexOf((byte)'"') + 1;
        if (final[end] == (byte)',')
        {
            end++;
        }

        var without = new byte[final.Length - (end - start)];
        final[..start].CopyTo(without);
        final[end..].CopyTo(without.AsSpan(start));
        return WithVersion(without, revision);
    }
}
