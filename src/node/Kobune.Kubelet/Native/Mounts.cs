namespace Kobune.Kubelet.Native;

/// <summary>Mounting for volumes. Without the right to mount (tests as an ordinary user) tmpfs falls back to a plain directory.</summary>
internal static class Mounts
{
    public static void Tmpfs(string target, string options)
    {
        if (Libc.IsRoot && !IsMountPoint(target))
        {
            Libc.Check(Libc.mount("tmpfs", target, "tmpfs", 0, options), $"mounting tmpfs at {target}");
        }
    }

    public static bool IsMountPoint(string path) => All().Contains(path);

    /// <summary>Mount points, as /proc/self/mountinfo lists them.</summary>
    public static List<string> All()
    {
        var result = new List<string>();
        foreach (var line in File.ReadLines("/proc/self/mountinfo"))
        {
            var fields = line.Split(' ', 6);
            if (fields.Length == 6)
            {
                result.Add(fields[4].Replace("\\040", " ", StringComparison.Ordinal));
            }
        }

        return result;
    }

    /// <summary>Unmounts everything at and below a directory, deepest first.</summary>
    public static void DetachBelow(string directory)
    {
        if (!Libc.IsRoot)
        {
            return;
        }

        foreach (var point in All().Where(p => p == directory || p.StartsWith(directory + "/", StringComparison.Ordinal)).OrderByDescending(p => p.Length))
        {
            Libc.Check(Libc.umount2(point, Libc.UnmountDetach | Libc.UnmountNoFollow), $"unmounting {point}");
        }
    }
}
