using Kobune.Kubelet.Native;

namespace Kobune.Kubelet.Volumes;

/// <summary>
/// Opens a path inside a volume without ever following a link out of it: every step is opened relative to the last with
/// O_NOFOLLOW, and what was opened — not its name — is bind-mounted for the container, so that a race cannot swap it.
/// </summary>
internal static class SubPaths
{
    /// <returns>The bind mount to give to the container.</returns>
    /// <exception cref="IOException">A component is a symbolic link, or cannot be opened or made.</exception>
    public static string Bind(string volume, string subPath, string target, bool volumeIsAtomic)
    {
        var source = volumeIsAtomic ? ResolveAtomic(volume, subPath) : subPath;
        var fd = Open(volume, source);
        try
        {
            var directory = FileStat.OfDescriptor(fd).Kind == FileKind.Directory;
            Prepare(target, directory);
            Libc.Check(
                Libc.mount($"/proc/self/fd/{fd.ToString(null, null)}", target, null, Libc.MountBind | Libc.MountRecursive, null),
                $"binding {subPath}");
            return target;
        }
        finally
        {
            _ = Libc.close(fd);
        }
    }

    /// <summary>Volumes that we write ourselves consist of links through ..data; those links are ours and may be followed.</summary>
    private static string ResolveAtomic(string volume, string subPath)
    {
        var stamp = new FileInfo(Path.Combine(volume, "..data")).LinkTarget;
        return stamp is null ? subPath : $"{stamp}/{subPath}";
    }

    private static void Prepare(string target, bool directory)
    {
        if (Mounts.IsMountPoint(target))
        {
            Libc.Check(Libc.umount2(target, Libc.UnmountDetach | Libc.UnmountNoFollow), $"unmounting {target}");
        }

        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        if (directory)
        {
            Directory.CreateDirectory(target);
        }
        else if (!File.Exists(target))
        {
            File.WriteAllBytes(target, []);
        }
    }

    private static int Open(string volume, string subPath)
    {
        var fd = Libc.openat(Libc.AtCurrentDirectory, volume, Libc.PathOnly | Libc.CloseOnExec | Libc.DirectoryOnly, 0);
        Libc.Check(fd, $"opening {volume}");
        foreach (var step in subPath.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            var next = step is "." or ".." ? -1 : Step(fd, step);
            _ = Libc.close(fd);
            if (next < 0)
            {
                throw new IOException($"failed to prepare subPath for volumeMount: \"{step}\" in \"{subPath}\" cannot be entered");
            }

            fd = next;
            if (FileStat.OfDescriptor(fd).Kind == FileKind.SymbolicLink)
            {
                _ = Libc.close(fd);
                throw new IOException($"subpath \"{subPath}\" goes through the symbolic link \"{step}\"");
            }
        }

        return fd;
    }

    private static int Step(int directory, string name)
    {
        var flags = Libc.PathOnly | Libc.CloseOnExec | Libc.NoFollow;
        var fd = Libc.openat(directory, name, flags, 0);
        if (fd < 0 && Libc.mkdirat(directory, name, 0x1ED) == 0) // 0755, less what umask takes
        {
            fd = Libc.openat(directory, name, flags, 0);
        }

        return fd;
    }
}
