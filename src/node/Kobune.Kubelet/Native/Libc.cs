using System.Runtime.InteropServices;

namespace Kobune.Kubelet.Native;

/// <summary>The few system calls that .NET has no face for. Numbers are those of Linux on x86-64 and arm64 alike unless noted.</summary>
internal static partial class Libc
{
    public const int PathOnly = 0x200000;
    public const int CloseOnExec = 0x80000;
    public const int MountBind = 0x1000;
    public const int MountRecursive = 0x4000;
    public const int UnmountDetach = 2;
    public const int UnmountNoFollow = 8;
    public const int AtCurrentDirectory = -100;
    public const int AtSymlinkNoFollow = 0x100;
    public const int AtEmptyPath = 0x1000;

    /// <summary>Differs between architectures.</summary>
    public static int NoFollow => RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 0x8000 : 0x20000;

    public static int DirectoryOnly => RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 0x4000 : 0x10000;

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int mount(string? source, string target, string? type, nuint flags, string? data);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int umount2(string target, int flags);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int lchown(string path, uint owner, uint group);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int fchownat(int directory, string path, uint owner, uint group, int flags);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int chmod(string path, uint mode);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int rename(string from, string to);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int openat(int directory, string path, int flags, uint mode);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int mkdirat(int directory, string path, uint mode);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int rmdir(string path);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int close(int fd);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int statx(int directory, string path, int flags, uint mask, Span<byte> buffer);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint openat2(nint number, int directory, string path, in OpenHow how, nuint size);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int statvfs(string path, nint buffer);

    [LibraryImport("libc")]
    public static partial uint geteuid();

    /// <summary>
    /// Opens a path below a directory, following links only as long as they stay below it (openat2, Linux 5.6). Answers the
    /// descriptor, or minus the error number.
    /// </summary>
    public static int OpenBeneath(int directory, string path)
    {
        // RESOLVE_BENEATH and RESOLVE_NO_MAGICLINKS; system call 437 on x86-64 and arm64.
        var how = new OpenHow { Flags = PathOnly | CloseOnExec, Mode = 0, Resolve = 0x08 | 0x02 };
        var fd = (int)openat2(437, directory, path, in how, 24);
        return fd >= 0 ? fd : -Marshal.GetLastPInvokeError();
    }

    public static bool IsRoot { get; } = geteuid() == 0;

    /// <exception cref="IOException">With the system's reason, after a call that answered -1.</exception>
    public static void Check(int result, string what)
    {
        if (result < 0)
        {
            throw new IOException($"{what}: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}", Marshal.GetLastPInvokeError());
        }
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct OpenHow
    {
        public ulong Flags;
        public ulong Mode;
        public ulong Resolve;
    }
}
