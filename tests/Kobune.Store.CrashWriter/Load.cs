using System.Text;

namespace Kobune.Store.CrashWriter;

/// <summary>
/// The write load, known to both sides: values say to which key and step they belong and fill about 1 kB with a pattern
/// that follows from it, so that a torn or mixed-up value shows.
/// </summary>
public static class Load
{
    public const int Writers = 16;
    public const int RetainRevisions = 3000;

    /// <summary>Each writer goes round its own keys; every seventh step deletes.</summary>
    public static string Key(int writer, long step) => $"/crash/{writer:d2}/{step % 40:d2}";

    public static bool Deletes(long step) => step % 7 == 6;

    public static byte[] Value(string key, long step)
    {
        var text = new StringBuilder($"{key} {step} ");
        for (var word = step; text.Length < 1024; word = (word * 31) + 17)
        {
            text.Append(word % 99991).Append(' ');
        }

        return Encoding.ASCII.GetBytes(text.ToString());
    }

    /// <summary>Whether the value is exactly one that <see cref="Value"/> made for the key.</summary>
    public static bool IsWhole(string key, ReadOnlySpan<byte> value)
    {
        var words = Encoding.ASCII.GetString(value).Split(' ', 3);
        return words.Length == 3 && words[0] == key && long.TryParse(words[1], out var step) && value.SequenceEqual(Value(key, step));
    }
}
