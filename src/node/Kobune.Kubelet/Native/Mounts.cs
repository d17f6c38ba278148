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

    /// <param name="target">Where.</param>
    /// <param name="medium">HugePages, or HugePages-SIZE as in HugePages-2Mi.</param>
    public static void HugePages(string target, string medium)
    {
        if (Libc.IsRoot && !IsMountPoint(target))
        {
            var size = medium.Length > 10 ? "pagesize=" + medium[10..].TrimEnd('i') : null;
            Libc.Check(Libc.mount("nodev", target, "hugetlbfs", 0, size), $"mounting hugetlbfs at {target}");
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
