using Kobune.Kubelet.Native;

namespace Kobune.Kubelet.Volumes;

/// <summary>fsGroup: everything in a volume belongs to the group and is open to it; directories hand the group on (setgid).</summary>
internal static class Ownership
{
    private const uint ReadMask = 0x120; // 0440
    private const uint ReadWriteMask = 0x1B0; // 0660
    private const uint ExecuteMask = 0x48; // 0110
    private const uint SetGroup = 0x400; // 02000

    public static void Apply(string root, uint group, bool readOnly)
    {
        if (!Libc.IsRoot)
        {
            return;
        }

        One(root, group, readOnly);
        var all = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0, IgnoreInaccessible = false };
        foreach (var path in Directory.EnumerateFileSystemEntries(root, "*", all))
        {
            One(path, group, readOnly);
        }
    }

    private static void One(string path, uint group, bool readOnly)
    {
        var stat = FileStat.Of(path, follow: false);
        Libc.Check(Libc.lchown(path, uint.MaxValue, group), $"chown {path}");
        if (stat.Kind is FileKind.SymbolicLink or FileKind.Missing)
        {
            return;
        }

        var mode = stat.Mode | (readOnly ? ReadMask : ReadWriteMask);
        if (stat.Kind == FileKind.Directory)
        {
            mode |= SetGroup | ExecuteMask;
        }

        Libc.Check(Libc.chmod(path, mode), $"chmod {path}");
    }
}
