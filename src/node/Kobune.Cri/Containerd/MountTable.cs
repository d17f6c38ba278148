using System.Runtime.InteropServices;
using System.Text;

namespace Kobune.Cri.Containerd;

/// <summary>Mounts of this mount namespace, from /proc/self/mountinfo (proc(5)).</summary>
internal static partial class MountTable
{
    private const int Detach = 2;
    private const int NoFollow = 8;

    internal static List<string> Below(string directory) =>
        Below(File.ReadLines("/proc/self/mountinfo"), directory);

    /// <summary>Mount points at or below a directory, innermost (latest) first.</summary>
    internal static List<string> Below(IEnumerable<string> mountinfo, string directory)
    {
        string prefix = directory.TrimEnd('/') + "/";
        List<string> points = [];
        foreach (string line in mountinfo)
        {
            string point = Unescape(line.Split(' ')[4]);
            if (point.StartsWith(prefix, StringComparison.Ordinal) || point + "/" == prefix)
                points.Add(point);
        }
        points.Reverse();
        return points;
    }

    /// <summary>Detaches everything at or below the directory; what is busy goes when its last user does.</summary>
    internal static void UnmountBelow(string directory)
    {
        foreach (string point in Below(directory))
            _ = umount2(point, Detach | NoFollow);
    }

    // Space, tab, newline and backslash are written as three octal digits.
    private static string Unescape(string field)
    {
        if (!field.Contains('\\'))
            return field;
        var text = new StringBuilder();
        for (int i = 0; i < field.Length; i++)
        {
            if (field[i] == '\\' && i + 3 < field.Length)
            {
                text.Append((char)Convert.ToInt32(field.Substring(i + 1, 3), 8));
                i += 3;
            }
            else
            {
                text.Append(field[i]);
            }
        }
        return text.ToString();
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int umount2(string target, int flags);
}
