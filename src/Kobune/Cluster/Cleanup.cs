using Kobune.Hosting;

namespace Kobune.Cluster;

/// <summary>Frees what processes of a node may leave behind: mounts below its folders, its cgroups, the folders themselves.</summary>
internal static class Cleanup
{
    private static readonly string[] CgroupRoots = ["/sys/fs/cgroup"];

    /// <summary>Unmounts everything at or below the folders, the deepest first.</summary>
    public static void Unmount(params string[] folders)
    {
        // A mount may hide another of the same path: repeat until none is left, but not for ever.
        for (var round = 0; round < 10; round++)
        {
            var mounts = MountsBelow(folders);
            if (mounts.Count == 0)
            {
                return;
            }
            foreach (var mount in mounts)
            {
                _ = NativeMethods.Unmount(mount, NativeMethods.MountDetach);
            }
        }
    }

    /// <summary>The mount points at or below the folders, the newest first.</summary>
    public static IReadOnlyList<string> MountsBelow(params string[] folders) =>
        [.. File.ReadLines("/proc/self/mountinfo")
            .Select(l => Unescape(l.Split(' ', 6)[4]))
            .Where(m => folders.Any(f => m == f || m.StartsWith(f + "/", StringComparison.Ordinal)))
            .Reverse()];

    /// <summary>Removes the cgroup, and all below it, from every hierarchy (v1) or the only one (v2).</summary>
    public static void RemoveCgroups(string cgroup)
    {
        foreach (var root in CgroupRoots)
        {
            RemoveCgroup(root + cgroup);
            foreach (var controller in Directory.Exists(root) ? Directory.EnumerateDirectories(root) : [])
            {
                RemoveCgroup(controller + cgroup);
            }
        }
    }

    /// <summary>Deletes a folder with all in it. Mounts below must be gone: it never deletes through one.</summary>
    public static void DeleteFolder(string folder)
    {
        if (MountsBelow(folder).Count > 0)
        {
            throw new UserErrorException($"there are still mounts below {folder}; it was not deleted");
        }
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void RemoveCgroup(string folder)
    {
        if (!Directory.Exists(folder))
        {
            return;
        }
        foreach (var child in Directory.EnumerateDirectories(folder))
        {
            RemoveCgroup(child);
        }
        try
        {
            // rmdir: a cgroup's files go with it, its child groups do not.
            Directory.Delete(folder, recursive: false);
        }
        catch (IOException)
        {
            // Still in use by a process that is not ours to end.
        }
    }

    // /proc/self/mountinfo writes space, tab, newline and backslash as octal.
    private static string Unescape(string path) => path.Contains('\\')
        ? path.Replace("\\040", " ").Replace("\\011", "\t").Replace("\\012", "\n").Replace("\\134", "\\")
        : path;
}
