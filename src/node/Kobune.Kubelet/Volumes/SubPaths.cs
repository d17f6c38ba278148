using System.Runtime.InteropServices;
using Kobune.Kubelet.Native;

namespace Kobune.Kubelet.Volumes;

/// <summary>
/// Opens a path inside a volume without ever following a link out of it: what is there by openat2, which stays beneath the
/// volume; what is missing is made step by step with O_NOFOLLOW. What was opened — not its name — is bind-mounted for the
/// container, so that a race cannot swap it.
/// </summary>
internal static class SubPaths
{
    private const int NoSuchFile = 2;

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
        // What is made gets the volume's own permissions: who may write to the volume may write to this.
        var mode = FileStat.OfDescriptor(fd).Mode & 0x1FF;
        var steps = subPath.Split('/', StringSplitOptions.RemoveEmptyEntries);
        int present;
        try
        {
            (var found, present) = Present(fd, steps, subPath);
            (fd, found) = (found, fd);
            _ = Libc.close(found);
        }
        catch (IOException)
        {
            _ = Libc.close(fd);
            throw;
        }

        foreach (var step in steps[present..])
        {
            var next = step is "." or ".." ? -1 : Step(fd, step, mode);
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

    /// <summary>As much of the path as is there already, links within the volume followed; and how many steps that is.</summary>
    private static (int Descriptor, int Steps) Present(int volume, string[] steps, string subPath)
    {
        for (var count = steps.Length; ; count--)
        {
            var fd = Libc.OpenBeneath(volume, count == 0 ? "." : string.Join('/', steps[..count]));
            if (fd >= 0)
            {
                return (fd, count);
            }

            if (-fd != NoSuchFile || count == 0)
            {
                throw new IOException($"subpath \"{subPath}\" cannot be entered: {Marshal.GetPInvokeErrorMessage(-fd)}");
            }
        }
    }

    private static int Step(int directory, string name, uint mode)
    {
        var flags = Libc.PathOnly | Libc.CloseOnExec | Libc.NoFollow;
        var fd = Libc.openat(directory, name, flags, 0);
        if (fd < 0 && Libc.mkdirat(directory, name, 0x1C0) == 0) // 0700 until it has its real mode
        {
            fd = Libc.openat(directory, name, flags, 0);
            var made = FileStat.OfDescriptor(fd);
            if (fd >= 0 && made.Kind == FileKind.Directory)
            {
                // The umask has no say; a setgid bit that it inherited stays.
                Libc.Check(Libc.chmod($"/proc/self/fd/{fd.ToString(null, null)}", mode | (made.Mode & 0x400)), $"chmod {name}");
            }
        }

        return fd;
    }
}
