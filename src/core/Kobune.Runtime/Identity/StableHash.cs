using System.Globalization;
using System.Text;

namespace Kobune.Runtime;

/// <summary>A hash that is the same on every machine and in every version, for labels such as pod-template-hash.</summary>
public static class StableHash
{
    /// <summary>FNV-1a, 32 bits.</summary>
    public static uint Fnv32(ReadOnlySpan<byte> data, uint hash = 2166136261)
    {
        foreach (var b in data)
        {
            hash = (hash ^ b) * 16777619;
        }

        return hash;
    }

    /// <summary>FNV-1a of the UTF-8 form of a text.</summary>
    public static uint Fnv32(string text) => Fnv32(Encoding.UTF8.GetBytes(text));

    /// <summary>The hash as it stands in names and labels: its decimal digits in the alphabet of generated names.</summary>
    public static string ToName(uint hash) => Ids.SafeEncode(Encoding.ASCII.GetBytes(hash.ToString(CultureInfo.InvariantCulture)));
}
