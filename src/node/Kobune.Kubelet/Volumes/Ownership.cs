using System.Globalization;
using Kobune.Kubelet.Native;

namespace Kobune.Kubelet.Volumes;

/// <summary>
/// fsGroup: everything in a volume belongs to the group and is open to it; directories hand the group on (setgid). Walks by
/// descriptors and never through a symbolic link: other Pods may be changing the volume meanwhile, and a link may point anywhere.
/// </summary>
internal static class Ownership
{
    private const uint ReadMask = 0x120; // 0440
    private const uint ReadWriteMask = 0x1B0; // 0660
    private const uint ExecuteMask = 0x48; // 0110
    private const uint SetGroup = 0x400; // 02000
    private const uint Unchanged = uint.MaxValue;

    /// <param name="root">The volume.</param>
    /// <param name="group">Its new group.</param>
    /// <param name="readOnly">The group gets to read only.</param>
    /// <param name="policy">With OnRootMismatch a volume whose root is right already is left alone.</param>
    public static void Apply(string root, uint group, bool readOnly, string? policy = null)
    {
        if (!Libc.IsRoot)
        {
            return;
        }

        var fd = Libc.openat(Libc.AtCurrentDirectory, root, Libc.PathOnly | Libc.CloseOnExec, 0);
        Libc.Check(fd, $"opening {root}");
        try
        {
            if (policy != "OnRootMismatch" || !IsRight(FileStat.OfDescriptor(fd), group, readOnly))
            {
                Walk(fd, group, readOnly, root);
            }
        }
        finally
        {
            _ = Libc.close(fd);
        }
    }

    private static void Walk(int fd, uint group, bool readOnly, string name)
    {
        var stat = FileStat.OfDescriptor(fd);
        Libc.Check(Libc.fchownat(fd, "", Unchanged, group, Libc.AtEmptyPath), $"chown {name}");
        if (stat.Kind is FileKind.SymbolicLink or FileKind.Missing)
        {
            return;
        }

        var self = "/proc/self/fd/" + fd.ToString(CultureInfo.InvariantCulture);
        if (stat.Kind == FileKind.Directory)
        {
            foreach (var entry in Directory.EnumerateFileSystemEntries(self))
            {
                Enter(fd, Path.GetFileName(entry), group, readOnly);
            }
        }

        // The root last, so that OnRootMismatch finds an interrupted walk unfinished.
        Libc.Check(Libc.chmod(self, Wanted(stat, readOnly)), $"chmod {name}");
    }

    private static void Enter(int directory, string name, uint group, bool readOnly)
    {
        var fd = Libc.openat(directory, name, Libc.PathOnly | Libc.NoFollow | Libc.CloseOnExec, 0);
        if (fd < 0)
        {
            return; // deleted meanwhile
        }

        try
        {
            Walk(fd, group, readOnly, name);
        }
        finally
        {
            _ = Libc.close(fd);
        }
    }

    private static bool IsRight(FileStat root, uint group, bool readOnly) => root.Gid == group && (root.Mode & Wanted(root, readOnly)) == Wanted(root, readOnly);

    private static uint Wanted(FileStat stat, bool readOnly) =>
        stat.Mode | (readOnly ? ReadMask : ReadWriteMask) | (stat.Kind == FileKind.Directory ? SetGroup | ExecuteMask : 0);
}
