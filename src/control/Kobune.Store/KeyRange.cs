using System.Text;

namespace Kobune.Store;

/// <summary>Computes range ends and compares keys in the store's order, which is that of their UTF-8 bytes.</summary>
public static class KeyRange
{
    /// <summary>As <see cref="RangeRequest.End"/>: no upper bound (etcd's convention, a single zero byte).</summary>
    public const string NoEnd = "\0";

    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    /// <summary>A request for all keys with the prefix.</summary>
    public static RangeRequest Prefix(string prefix, long revision = 0, int limit = 0, bool countOnly = false) =>
        new(prefix, PrefixEnd(prefix), revision, limit, countOnly);

    /// <summary>The smallest key that is greater than every key with the prefix; <see cref="NoEnd"/> when there is none.</summary>
    public static string PrefixEnd(string prefix)
    {
        var end = prefix.Length;
        while (end > 0)
        {
            Rune.DecodeLastFromUtf16(prefix.AsSpan(0, end), out var last, out var length);
            end -= length;
            if (last.Value < 0x10FFFF)
            {
                // U+D800..U+DFFF are surrogates, no characters of their own.
                var next = last.Value == 0xD7FF ? 0xE000 : last.Value + 1;
                return string.Concat(prefix.AsSpan(0, end), new Rune(next).ToString());
            }
        }

        return NoEnd;
    }

    /// <summary>Compares as UTF-8 bytes do: like ordinal UTF-16, but surrogate pairs sort after U+E000..U+FFFF.</summary>
    public static int Compare(string left, string right)
    {
        var same = left.AsSpan().CommonPrefixLength(right);
        if (same == left.Length || same == right.Length)
        {
            return left.Length.CompareTo(right.Length);
        }

        return Weight(left[same]).CompareTo(Weight(right[same]));
    }

    /// <summary>Keys must be non-empty and well-formed, so that every backend stores and orders them alike.</summary>
    internal static void Validate(string key)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        if (!Ascii.IsValid(key))
        {
            StrictUtf8.GetByteCount(key);
        }
    }

    internal static bool IsBefore(string key, string end) => end == NoEnd || Compare(key, end) < 0;

    private static int Weight(char c) => char.IsSurrogate(c) ? c + 0x10000 : c;
}
